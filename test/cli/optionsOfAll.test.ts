/** @file Options that several commands have: every command that has one refuses a bad value, before it looks for a model or opens an engine. */
import { CommanderError, type Command } from "commander";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { loadCommands } from "../../src/cli/commands.ts";
import type { Invocation } from "../../src/cli/messages.ts";
import { buildProgram, carryOut } from "../../src/cli/program.ts";

const commands = await loadCommands();

/** A model and a file that nothing should look for: its message would be another. */
const NOWHERE = "no-such-folder/no-such-model";
/** What a command needs whatever it is asked for. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  why: ["--head", "0.0"],
  check: ["--rules", "docs/examples/heads.rules.yml"],
  run: ["--capture", "*", "--tokens", NOWHERE],
  "score-patterns": ["--tokens", NOWHERE],
};

function programOf(name: string, act: (what: Invocation) => void) {
  const program = buildProgram(commands, async (what) => act(what));
  const command = program.commands.find((each) => each.name() === name)!;
  for (const each of [program, command])
    each.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  return { program, command };
}

/** What the command throws with these words behind its arguments. */
async function thrownBy(name: string, more: readonly string[]): Promise<unknown> {
  const invocations: Invocation[] = [];
  const { program, command } = programOf(name, (what) => void invocations.push(what));
  const args = command.registeredArguments.flatMap(({ required }) => (required ? [NOWHERE] : []));
  const words = [name, ...args, ...(NEEDED[name] ?? []), ...more];
  try {
    await program.parseAsync(words, { from: "user" });
    await carryOut(commands, invocations[0]!, { exit: () => {} });
  } catch (error) {
    return error;
  }
}

const optionsOf = (command: Command) => command.options.map(({ long }) => long);
const having = (option: string) =>
  commands
    .map(({ name }) => name)
    .filter((name) => optionsOf(programOf(name, () => {}).command).includes(option));

const FILES =
  "needs a file that ends in|needs the extension|ends in .html, got|writes .safetensors, got";
const BAD: readonly (readonly [option: string, value: string, message: string])[] = [
  ["--device", "gpu", "'--device <name>' argument 'gpu' is invalid. Allowed choices are auto, cpu"],
  ["--threads", "0", "--threads.* needs a whole number from 1 on"],
  ["--threads", "two", "--threads.* needs a whole number from 1 on"],
  ["--memory", "much", "--memory"],
  ["--seed", "1.5", "--seed.* needs a whole number"],
  ["--bos", "perhaps", "'--bos <when>' argument 'perhaps'"],
  ["--figure", "nonsense", "nonsense"],
  ["--out", "picture.nonsense", FILES],
];
/** Their --out is a folder. */
const INTO_FOLDERS = ["analyse", "atlas", "card", "sweep", "sweep work", "sweep tables"];

describe.each(BAD)("%s %s", (option, value, message) => {
  const names = having(option).filter((name) => option !== "--out" || !INTO_FOLDERS.includes(name));
  test.each(names)("is refused by %s", async (name) => {
    const error = await thrownBy(name, [option, value]);
    expect(error).toMatchObject({ message: expect.stringMatching(message) as string });
    expect(error instanceof CommanderError || error instanceof InputError).toBe(true);
  });
});

test.each(commands.map(({ name }) => name))(
  "%s takes no option for the value of another",
  async (name) => {
    const { command } = programOf(name, () => {});
    for (const { long, flags } of command.options.filter((each) => each.required)) {
      const error = await thrownBy(name, [long!, "--help"]);
      expect([long, String(error)]).toEqual([long, expect.stringContaining(`'${flags}'`)]);
    }
  },
);

test("a folder with the name of a picture is refused by analyse", async () => {
  const message = expect.stringContaining("folder") as string;
  expect(await thrownBy("analyse", ["--out", "a.png"])).toMatchObject({ code: "output", message });
});
