import { shapeOf, type Tensor } from "../base/tensor.ts";
import { contract } from "./contract.ts";
import { diagonalTable } from "./diagonals.ts";
import { checkRepeats, type Repeats } from "./repeats.ts";
import { attentionTables } from "./attentionTables.ts";
import { stackTables } from "./weightTable.ts";

/** What one head's attention looks like on a sequence, whatever it is for. */
export interface HeadBehaviour {
  /** Mean of A[q, q - 1] over q >= 1; uniform attention has about ln(T) / T. */
  readonly diagonal: number;
  /** Mean of A[q, q - S + 1] over the second copy: the strict induction score; uniform attention the mean of 1 / (q + 1). */
  readonly inductionStripe: number;
  /** Mean over q of -sum A ln A, nats; 0 for attention to one key, mean of ln(q + 1) for uniform attention. */
  readonly entropy: number;
  /** Mean over q of the largest A[q, :]; 1 for attention to one key. */
  readonly peak: number;
}

/**
 * The numbers by which induction-head-detector describes a head: diagonal, induction stripe, entropy, peak.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @param repeats layout of the sequence
 * @returns one per head
 * @throws {InputError} "range" unless the repeats fit, "shape" unless the pattern has that length
 * @see its stripe is the diagonal at distance S, that of duplicate-token heads; this is S - 1. It leaves out row 0
 */
export function headBehaviour(pattern: Tensor, repeats: Repeats): HeadBehaviour[] {
  checkRepeats("headBehaviour", repeats);
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const diagonal = contract(pattern, stackTables([diagonalTable(repeats.length, 1)])).data;
  const stripes = contract(pattern, attentionTables(repeats)).data;
  return Array.from({ length: heads }, (_, head) => {
    let entropy = 0;
    let peak = 0;
    for (let query = 0; query < queries; query++) {
      const row = (head * queries + query) * keys;
      const attention = pattern.data.subarray(row, row + keys);
      for (const weight of attention) if (weight > 0) entropy -= weight * Math.log(weight);
      peak += attention.reduce((most, weight) => Math.max(most, weight), 0);
    }
    return {
      diagonal: diagonal[head]!,
      inductionStripe: stripes[head]!,
      entropy: entropy / queries,
      peak: peak / queries,
    };
  });
}
