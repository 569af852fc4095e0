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
  const notices = zeroTails.filter(isPadding).map(padding);
  if (zero.length > 0)
    notices.push(`${id} has matrices in which every value is 0: ${someOf(zero)}`);
  return notices;
}

const LEAST_BYTES = 4096;
/** Fewer at the end of a tensor are a few values that happen to be 0. */
const LEAST_PADDING = 1024;

/** Matrices that are zero as a whole may be meant; zeros that begin inside a tensor and go on through others are not. */
function isUnwritten({ zeroBytes, matrices, cut }: ZeroTail): boolean {
  return cut && zeroBytes >= LEAST_BYTES && matrices >= 1;
}

/** The last rows of an embedding may be room that nothing uses; nobody can tell them from a file that was cut short. */
function isPadding(tail: ZeroTail): boolean {
  return tail.cut && !isUnwritten(tail) && tail.zeroBytes >= LEAST_PADDING;
}

function padding({ file, zeroBytes, from }: ZeroTail): string {
  return `${file} ends in ${zeroBytes} bytes of zero, which begin inside tensor ${from}: rows without use, or a file that was not downloaded or copied to its end`;
}

function unwritten({ file, zeroBytes, from }: ZeroTail): InputError {
  return new InputError(
    "file",
    `${file} ends in ${zeroBytes} bytes of zero, which begin inside tensor ${from} and go on through others: it was not downloaded or copied to its end; fetch it again`,
  );
}
