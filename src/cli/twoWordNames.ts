import type { CommandSpec } from "./commandSpec.ts";

/** The arguments with a command's name of two words, such as `sweep push`, as one. */
export function withTwoWordNames(
  args: readonly string[],
  commands: readonly CommandSpec[],
): string[] {
  const at = args[0] === "help" ? 1 : 0;
  const name = args.slice(at, at + 2).join(" ");
  const isName = name.includes(" ") && commands.some((spec) => spec.name === name);
  return isName ? [...args.slice(0, at), name, ...args.slice(at + 2)] : [...args];
}
