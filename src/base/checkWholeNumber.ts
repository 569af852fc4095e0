import { InputError } from "./errors.ts";

/** @throws {InputError} "range", with the name of the option, unless `value` is a whole number from `least` to `most` */
export function checkWholeNumber(
  option: string,
  value: number,
  least = -Infinity,
  most = Infinity,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const bounds =
    most < Infinity ? ` from ${least} to ${most}` : least > -Infinity ? ` from ${least} on` : "";
  throw new InputError("range", `\`${option}\` needs a whole number${bounds}, got ${value}`, {
    option,
  });
}
