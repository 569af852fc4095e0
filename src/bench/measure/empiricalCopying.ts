import { InputError } from "../../base/errors.ts";
import { shapeOf, type Tensor } from "../../base/tensor.ts";

/**
 * How the ratio of "raise of the attended-to token" to "raise of all tokens in the sample" is taken and scaled. With
 * raise[q, k] = max(0, centred logit of the token at k), and a = its value at the attended-to token:
 *
 * `olsson`: a / (a + sum over k), the reading in which the ratio runs from 0 to 0.5 as the paper says; 4 * ratio - 1,
 *   attended-to = the key with most attention.
 * `weighted` (attention_motifs): a = mean of raise by attention, a / sum over k; 2 * ratio - 1.
 * `plain` (llm-interpret): a / sum over k of the key with most attention; not scaled.
 */
export const COPYING_VARIANTS = {
  olsson: { attended: "most", ratio: (a: number, all: number) => a / (a + all), scale: [4, -1] },
  weighted: { attended: "weighted", ratio: (a: number, all: number) => a / all, scale: [2, -1] },
  plain: { attended: "most", ratio: (a: number, all: number) => a / all, scale: [1, 0] },
} as const;
export type CopyingVariant = keyof typeof COPYING_VARIANTS;

/**
 * Empirical copying: whether each head raises the token it attends to, of the tokens in a random sample.
 *
 * score = mean over queries that raise anything of scale * ratio, by variant; see {@link COPYING_VARIANTS}.
 *
 * @param pattern attention weights, axes [head, query, key], on tokens that do not repeat
 * @param logits logit that the head's output at `query` gives, directly, to the token at `key`, minus the mean over the
 *   vocabulary; axes [head, query, key]; keys after the query count as tokens of the sample too
 * @returns one per head: 1 for perfect copying; -1 (`plain`: 0) if only other tokens are raised; 4 / (n + 1) - 1 (`weighted`
 *   2 / n - 1, `plain` 1 / n) if all n tokens are raised alike; null ("none") if no token of the sample is raised anywhere
 * @throws {InputError} "shape" unless the sizes agree
 * @see Olsson et al. 2022, head activation evaluators, "copying": 25 random tokens, 10 examples. The paper does not say
 *   whether attended-to is the largest or weighted; the result names the variant
 */
export function empiricalCopying(
  pattern: Tensor,
  logits: Tensor,
  variant: CopyingVariant,
): (number | null)[] {
  const [heads, queries, keys] = shapeOf(pattern, ["head", "query", "key"]);
  const size = shapeOf(logits, ["head", "query", "key"]);
  if (size[0] !== heads || size[1] !== queries || size[2] !== keys) {
    throw new InputError(
      "shape",
      `empiricalCopying needs logits of ${heads} x ${queries} x ${keys} like the pattern, got ${size.join(" x ")}`,
    );
  }
  const { attended, ratio, scale } = COPYING_VARIANTS[variant];
  return Array.from({ length: heads }, (_, head) => {
    const scores: number[] = [];
    for (let query = 0; query < queries; query++) {
      const row = (head * queries + query) * keys;
      const attention = pattern.data.subarray(row, row + keys);
      const raise = logits.data.subarray(row, row + keys).map((logit) => Math.max(0, logit));
      const all = raise.reduce((sum, value) => sum + value, 0);
      if (all > 0)
        scores.push(scale[0] * ratio(raiseOf(attention, raise, attended), all) + scale[1]);
    }
    return scores.length === 0
      ? null
      : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
}

function raiseOf(
  attention: Float32Array,
  raise: Float32Array,
  attended: "most" | "weighted",
): number {
  if (attended === "weighted") {
    return attention.reduce((sum, weight, key) => sum + weight * raise[key]!, 0);
  }
  const most = attention.reduce((best, weight, key) => (weight > attention[best]! ? key : best), 0);
  return raise[most]!;
}
