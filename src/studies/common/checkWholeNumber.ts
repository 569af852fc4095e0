import { InputError } from "../../base/errors.ts";

/** @throws {InputError} "range", with the name of the option, unless `value` is a whole number from `least` to `most` */
export function checkWholeNumber(
  option: string,
  value: number,
  least: number,
  most = Infinity,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const bounds = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
  throw new InputError("range", `\`${option}\` needs a whole number ${bounds}, got ${value}`, {
    option,
  });
}
