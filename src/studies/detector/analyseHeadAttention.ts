import { shapeOf, tensor, type Tensor } from "../../base/tensor.ts";
import { headBehaviour, type HeadBehaviour } from "../../measure/headBehaviour.ts";
import { detectorScores, type DetectorScores } from "../../measure/prefixDetector.ts";
import { verifyRepeats, verifyTokens } from "../../text/patterns/verifyTokens.ts";

/**
 * What one attention pattern looks like on tokens that repeat: stripe, diagonal, entropy, peak, and the detector's metrics.
 *
 * @param pattern attention weights, axes [query, key], causal, rows sum to 1
 * @param tokens ids of the sequence, `[BOS] r r`
 * @param repeats period in tokens; start is 1 after BOS (default 0)
 * @returns diagonal and inductionStripe 0 to 1, entropy in nats; see headBehaviour and detectorScores for their nulls
 * @throws {InputError} "tokens" if they do not repeat so, "shape" unless there is one token per query and key
 */
export function analyseHeadAttention(
  pattern: Tensor,
  tokens: readonly number[],
  { period, start = 0 }: { readonly period: number; readonly start?: number },
): HeadBehaviour & DetectorScores {
  const [queries, keys] = shapeOf(pattern, ["query", "key"]);
  verifyRepeats(verifyTokens([tokens], 2 ** 31), { start, period });
  const perHead = tensor(["head", "query", "key"], [1, queries, keys], pattern.data);
  const [scores] = detectorScores(perHead, tokens);
  const [behaviour] = headBehaviour(perHead, { start, period, length: tokens.length });
  return { ...behaviour!, ...scores! };
}
