import { InputError } from "../base/errors.ts";
import type { NonFinite } from "../formats/nonFinite.ts";

/**
 * Refuses a model with weights that no forward pass survives.
 *
 * @throws {InputError} "weights" with the first tensors that have NaN or infinite values, and how many
 */
export function refuseNonFinite(id: string, bad: readonly NonFinite[]): void {
  if (bad.length === 0) return;
  const named = bad
    .slice(0, 5)
    .map(({ name, nans, infinities }) => `${name} (${nans} NaN, ${infinities} infinite)`);
  const more = bad.length > 5 ? ` and ${bad.length - 5} more` : "";
  throw new InputError(
    "weights",
    `${id} has weights that are not finite: ${named.join(", ")}${more}`,
  );
}
