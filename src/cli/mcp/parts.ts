/** @file The arguments of a tool: those of its command, found in what the command declares. */
import type { Argument, Command, Option } from "commander";
import { collectTexts, commaList, sets, stepList, wholeNumbers } from "../flags/values.ts";

/** What a value is: paths and models are confined to the folders given at start. */
export type PartKind = "switch" | "number" | "text" | "list" | "file" | "model";

/** One argument of a tool. */
export interface ToolPart {
  /** Its name for clients: `numExamples` for --num-examples. */
  readonly property: string;
  readonly description: string;
  readonly kind: PartKind;
  /** As it is typed; null for an argument without a flag. */
  readonly flag: string | null;
  readonly choices: readonly string[] | null;
  readonly isRequired: boolean;
  /** The flag may stand without a value. */
  readonly mayBeBare: boolean;
  /** It may be given several times. */
  readonly repeats: boolean;
}

/** By what stands between the brackets of a flag or names an argument; a name that is missing here is a fault of ours. */
const KINDS: Readonly<Record<string, PartKind>> = {
  ...{ n: "number", x: "number", w: "number", a: "number", rate: "number", logits: "number" },
  id: "number",
  ...{ name: "text", which: "text", when: "text", what: "text", extent: "text" },
  ...{ text: "text", token: "text", list: "list", heads: "list" },
  ...{ file: "file", model: "model", first: "model", other: "model" },
};

/** What the server decides for all tools, what writes files, and lists of files, which it does not confine to its folders. */
const LEFT_OUT = [
  ...["out", "json", "quiet", "threads", "device", "memory", "offline", "cache"],
  "images",
];

/** @param hub whether options of hub models make sense */
export function toolParts(command: Command, { hub }: { readonly hub: boolean }): ToolPart[] {
  const leftOut = hub ? LEFT_OUT : [...LEFT_OUT, "revision"];
  return [
    ...command.registeredArguments.map(partOfArgument),
    ...command.options
      .filter((option) => !leftOut.includes(option.attributeName()))
      .map(partOfOption),
  ];
}

function partOfArgument(argument: Argument): ToolPart {
  const { description, required, variadic } = argument;
  const property = argument.name();
  return {
    ...{ property, description, kind: kindOf(property), flag: null, choices: null },
    ...{ isRequired: required, mayBeBare: false, repeats: variadic },
  };
}

function partOfOption(option: Option): ToolPart {
  const { description, long, flags, optional } = option;
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  const isList = [commaList, sets, stepList, wholeNumbers].includes(option.parseArg as never);
  return {
    property: option.attributeName(),
    description,
    kind: placeholder === undefined ? "switch" : isList ? "list" : kindOf(placeholder),
    flag: long ?? null,
    choices: option.argChoices ?? null,
    ...{ isRequired: option.mandatory, mayBeBare: optional },
    repeats: option.parseArg === (collectTexts as unknown) || option.parseArg === (sets as unknown),
  };
}

function kindOf(placeholder: string): PartKind {
  const kind = KINDS[placeholder];
  if (!kind) throw new Error(`internal: nobody knows what <${placeholder}> is to a client`);
  return kind;
}
