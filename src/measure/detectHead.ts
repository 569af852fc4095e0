/** @file TransformerLens' `detect_head`, without its faults in passing options on. */
import { InputError } from "../base/errors.ts";
import { shapeOf, tensor, type Tensor } from "../base/tensor.ts";
import { earlierCopies } from "./inductionTargets.ts";

export const DETECTED_HEADS = [
  "previous_token_head",
  "duplicate_token_head",
  "induction_head",
] as const;
export type DetectedHead = (typeof DETECTED_HEADS)[number];

/** The options of `detect_head`, under our spelling. */
export interface DetectHeadOptions {
  /** How attention A and detection pattern D are compared. Default "mul". */
  readonly errorMeasure?: "mul" | "abs" | undefined;
  /** Leave out key 0. Default false. */
  readonly excludeBos?: boolean | undefined;
  /** Leave out the diagonal. Default false. */
  readonly excludeCurrentToken?: boolean | undefined;
  /** "abs" only: round the difference to 3 decimals, as the original does. Default true. */
  readonly rounded?: boolean | undefined;
}

/**
 * Where an ideal head of this kind may attend, 1 or 0.
 *
 * previous: D[q, q - 1]. duplicate: D[q, k] where tokens[k] = tokens[q], k < q. induction: D[q, k] where
 * tokens[k - 1] = tokens[q], k - 1 < q: all earlier copies, and the diagonal for "A A".
 *
 * @param tokens ids of one sequence, BOS included
 * @returns axes [query, key]
 */
export function detectionPattern(tokens: ArrayLike<number>, head: DetectedHead): Tensor {
  const { length } = tokens;
  const data = new Float32Array(length * length);
  const copies = earlierCopies(tokens);
  const keysOf = {
    previous_token_head: (query: number) => (query > 0 ? [query - 1] : []),
    duplicate_token_head: (query: number) => copies[query]!,
    induction_head: (query: number) => copies[query]!.map((copy) => copy + 1),
  }[head];
  for (let query = 0; query < length; query++) {
    for (const key of keysOf(query)) data[query * length + key] = 1;
  }
  return tensor(["query", "key"], [length, length], data);
}

/**
 * How well each head's attention fits a detection pattern D, as TransformerLens measures it.
 *
 * mul = sum(A * D) / sum(A): the share of all attention that lies in D. Rows without an entry in D count against it, so
 * on [BOS, r, r] a perfect induction head cannot exceed S / (2S + 1); heads that rest on BOS are the rule, hence
 * `excludeBos`, after which nothing may be left: NaN, as there.
 *
 * abs = 1 - (1 / T) * sum over q, k of |A - D|: from about -1 to 1 if rows of D sum to at most 1, far below if not.
 *
 * @param pattern attention weights, axes [head, query, key]
 * @param detection axes [query, key], see {@link detectionPattern}; may hold fractions
 * @returns axes [head]; uniform causal attention on [BOS, r, r] with S = 50 scores .0067 (mul), -.482 (abs)
 * @throws {InputError} "shape" unless the sizes agree
 * @see TransformerLens `head_detector.py`. Differs: the input is left as it was (there it is written to), options hold
 *   for all sequences (there they are dropped for lists), heads that are not asked for are not -1 but absent
 */
export function detectHead(
  pattern: Tensor,
  detection: Tensor,
  {
    errorMeasure = "mul",
    excludeBos = false,
    excludeCurrentToken = false,
    rounded = true,
  }: DetectHeadOptions = {},
): Float64Array {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const [rows, columns] = shapeOf(detection, ["query", "key"]);
  if (rows !== queries || columns !== keys) {
    throw new InputError(
      "shape",
      `detectHead needs a detection pattern of ${queries} x ${keys}, got ${rows} x ${columns}`,
    );
  }
  const counts = (query: number, key: number) =>
    !(excludeBos && key === 0) && !(excludeCurrentToken && key === query);
  return Float64Array.from({ length: heads }, (_, head) => {
    let inside = 0;
    let all = 0;
    let apart = 0;
    for (let query = 0; query < queries; query++) {
      for (let key = 0; key < keys; key++) {
        if (!counts(query, key)) continue;
        const attention = pattern.data[(head * queries + query) * keys + key]!;
        const expected = detection.data[query * keys + key]!;
        inside += attention * expected;
        all += attention;
        apart += Math.abs(attention - expected);
      }
    }
    if (errorMeasure === "mul") return inside / all;
    const difference = apart / queries;
    return 1 - (rounded ? Math.round(difference * 1000) / 1000 : difference);
  });
}
