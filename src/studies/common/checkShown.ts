/** @file Checks of what a list of a Result shows: how many, and from which size on. */
import { InputError } from "../../base/errors.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

/** @throws {InputError} "range" unless it is left out, or from 0 to `most` */
export function checkThreshold(threshold: number | undefined, most = Infinity): void {
  if (threshold === undefined || (threshold >= 0 && threshold <= most)) return;
  const bounds = most === Infinity ? "0 or more" : `from 0 to ${most}`;
  throw new InputError("range", `\`threshold\` must be ${bounds}, got ${threshold}`, {
    option: "threshold",
  });
}

/** @throws {InputError} "range" unless it is left out, or a whole number from 1 on */
export function checkTopK(topK: number | undefined): void {
  if (topK !== undefined) checkWholeNumber("topK", topK, 1);
}
