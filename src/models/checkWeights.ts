import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import type { WeightFaults, ZeroTail } from "../formats/weightFaults.ts";

/**
 * Refuses a model with weights that no forward pass survives, and one whose files end in zeros.
 *
 * @returns what the user should know of the rest: matrices that are all zero, which models may have
 * @throws {InputError} "weights" with the first tensors that have NaN or infinite values, and how many; "file" for a file
 *   that was never written to its end
 */
export function checkWeights(id: string, { nonFinite, zero, zeroTails }: WeightFaults): string[] {
  for (const tail of zeroTails) if (isUnwritten(tail)) throw unwritten(tail);
  if (nonFinite.length > 0) {
    const list = nonFinite.map(
      ({ name, nans, infinities }) => `${name} (${nans} NaN, ${infinities} infinite)`,
    );
    throw new InputError("weights", `${id} has weights that are not finite: ${someOf(list)}`);
  }
  if (zero.length === 0) return [];
  return [`${id} has matrices in which every value is 0: ${someOf(zero)}`];
}

const LEAST_BYTES = 4096;

/** One zero matrix at the end may be meant; zeros that begin inside a tensor and go on through others are not. */
function isUnwritten({ zeroBytes, matrices, cut }: ZeroTail): boolean {
  return zeroBytes >= LEAST_BYTES && matrices >= (cut ? 1 : 2);
}

function unwritten({ file, zeroBytes, from, cut }: ZeroTail): InputError {
  return new InputError(
    "file",
    `${file} ends in ${zeroBytes} bytes of zero, ${cut ? "which begin inside" : "from"} tensor ${from} on: it was not downloaded or copied to its end; fetch it again`,
  );
}
