/** @file Names of options, checked where a study begins: without that a misspelt option would change nothing, silently. */
import { isObject } from "./isObject.ts";
import { InputError } from "./errors.ts";
import { shownValue } from "./faultSentences.ts";
import { probablyMeant } from "./nearest.ts";
import { checkSharedOptionValues } from "./sharedOptionValues.ts";

/** Every name that `Options` has; the type makes a list that lacks one an error. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/**
 * TypeScript sees most misspelt names; this also speaks to callers in JavaScript, and to options that come from a file.
 *
 * @throws {InputError} "options" for options that are not an object, for an option
 *   with a value and a name that `study` does not read, and for a value that no study takes under its name
 */
export function checkOptionNames<Options extends object>(
  study: string,
  options: Options,
  names: OptionNames<Options>,
): void {
  const bag: unknown = options;
  if (!isObject(bag))
    throw new InputError(
      "options",
      `${study} takes its options as an object, got ${shownValue(bag)}`,
    );
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, option)) continue;
    const optionNames = Object.keys(names).sort();
    const near = probablyMeant(option, optionNames);
    const hint =
      near !== null
        ? `, did you mean \`${near}\``
        : ` (it reads ${optionNames.map((name) => `\`${name}\``).join(", ")})`;
    throw new InputError("options", `${study} has no option \`${option}\`${hint}`, { option });
  }
  checkSharedOptionValues(options);
}
