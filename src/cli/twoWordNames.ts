import type { CommandSpec } from "./commandSpec.ts";

/** What a command may be called that these arguments ask for: by the first word, or by two. None if they ask for no command. */
export function possibleNames(args: readonly string[]): string[] {
  const [first, second] = args.slice(nameAt(args));
  if (first === undefined || first.startsWith("-")) return [];
  return second === undefined ? [first] : [first, `${first} ${second}`];
}

/** The arguments with a command's name of two words, such as `sweep push`, as one. */
export function withTwoWordNames(
  args: readonly string[],
  commands: readonly CommandSpec[],
): string[] {
  const at = nameAt(args);
  const name = args.slice(at, at + 2).join(" ");
  const isName = name.includes(" ") && commands.some((spec) => spec.name === name);
  return isName ? [...args.slice(0, at), name, ...args.slice(at + 2)] : [...args];
}

const nameAt = (args: readonly string[]) => (args[0] === "help" ? 1 : 0);
