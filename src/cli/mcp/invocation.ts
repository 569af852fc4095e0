/** @file What a client asks for, as the command line has it: the same flags, checked by the same rules. */
import { Command, CommanderError } from "commander";
import { closest } from "fastest-levenshtein";
import { InputError } from "../../base/errors.ts";
import type { CommonFlags } from "../flags/partFlags.ts";
import type { Invocation } from "../messages.ts";
import type { Confinement } from "./confinement.ts";
import type { ToolCall } from "./messages.ts";
import type { ToolPart } from "./parts.ts";
import type { Tool } from "./tools.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * The command that a call means.
 *
 * @param lent the server's own flags: what computes, and from where
 * @throws {InputError} "options" for arguments that the tool does not take, "path" for names that are not allowed
 */
export async function toolInvocation(
  tool: Tool,
  values: Values,
  confinement: Confinement,
  lent: CommonFlags,
): Promise<ToolCall> {
  refuseUnknown(tool, values);
  const [flags, args] = [[] as string[], [] as string[]];
  for (const part of tool.parts) {
    const value = values[part.property];
    if (value === undefined || value === null) continue;
    const words = await wordsOf(tool, part, value, confinement);
    if (part.flag === null) args.push(...words.filter((word) => word !== null));
    else flags.push(...words.map((word) => (word === null ? part.flag! : `${part.flag!}=${word}`)));
  }
  const read = readWords(tool, [...flags, "--", ...args]);
  const { engine, model } = lent;
  return {
    ...read,
    command: [tool.name, ...flags, ...lentWords(lent), "--", ...args],
    flags: {
      ...read.flags,
      ...engine,
      offline: model.offline,
      cache: model.cache,
      json: true,
      quiet: false,
    },
  };
}

/** The server's own flags as they are typed. */
function lentWords({ engine, model }: CommonFlags): string[] {
  const { threads, device, memory } = engine;
  return [
    ...(threads === undefined ? [] : [`--threads=${threads}`]),
    ...(device === undefined || device === "auto" ? [] : [`--device=${device}`]),
    ...(memory === undefined ? [] : [`--memory=${memory / 1e6}MB`]),
    ...(model.offline ? ["--offline"] : []),
  ];
}

function refuseUnknown(tool: Tool, values: Values): void {
  const properties = tool.parts.map(({ property }) => property);
  const unknown = Object.keys(values).find((name) => !properties.includes(name));
  if (unknown !== undefined)
    throw new InputError(
      "options",
      `${tool.name} takes no ${unknown} (did you mean ${closest(unknown, properties)}?); it takes ${properties.join(", ")}`,
    );
}

/** What is typed behind the flag, once for each time; null: the flag alone. */
async function wordsOf(
  tool: Tool,
  part: ToolPart,
  value: unknown,
  confinement: Confinement,
): Promise<(string | null)[]> {
  const { kind, repeats, mayBeBare } = part;
  if (typeof value === "boolean" && (kind === "switch" || mayBeBare)) return value ? [null] : [];
  const isList = kind === "list";
  const items = repeats && Array.isArray(value) ? (value as unknown[]) : [value];
  const words = items.map((item) => (isList && Array.isArray(item) ? asOneWord(item) : item));
  const isWord = (word: unknown) => typeof word === "string" || typeof word === "number";
  if (kind === "switch" || !words.every(isWord))
    throw new InputError(
      "options",
      `${part.property} of ${tool.name} needs ${FORMS[kind]}${repeats ? ", or a list of them" : ""}, got ${JSON.stringify(value)}`,
    );
  const texts = words.map(String);
  if (kind === "file" || kind === "model")
    return Promise.all(texts.map((text) => confinement[kind](text)));
  return texts;
}

const FORMS = {
  ...{
    switch: "true or false",
    number: "a number",
    text: "a text",
    list: "a text or a list of texts",
  },
  ...{ file: "the path of a file", model: "the name of a model" },
} as const;

/** A list as one word; null if an item is not one. */
function asOneWord(items: readonly unknown[]): string | null {
  return items.every((item) => typeof item === "string" || typeof item === "number")
    ? items.join(",")
    : null;
}

function readWords(tool: Tool, words: readonly string[]): Invocation {
  const command = tool.spec
    .declare(new Command(tool.name))
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    command.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new InputError("options", error.message.replace(/^error: /, ""), { cause: error });
  }
  return { name: tool.name, flags: command.opts(), args: command.processedArgs as unknown[] };
}
