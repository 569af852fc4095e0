/** @file The Program of `score`: attention is reduced to one number per head inside the graph and never leaves it. */
import { narrow } from "../../graph/edits/narrow.ts";
import {
  ATTENTION_SCORE_VALUES,
  withAttentionScores,
} from "../../graph/edits/withAttentionScores.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../../graph/edits/withTokenLoss.ts";
import { prune, type Program } from "../../graph/program.ts";
import type { Architecture } from "../../models/family.ts";

/** Values that the score program returns, and inputs that it adds. */
export const SCORE_VALUES = {
  ...ATTENTION_SCORE_VALUES,
  ...TOKEN_LOSS_VALUES,
  /** Input: rows of the batch that give losses. */
  lossRows: "loss_rows",
} as const;

/**
 * Adds to the forward pass, for each layer, `scores` = sum over (query, key) of tables x pattern: [batch, measure, head],
 * and takes away what no score needs: the last layer ends at its pattern.
 *
 * @param measures rows of the weight tables
 * @param withLoss also returns `loss` [loss_rows, position], -log p(target) in nats, for the rows of the batch that the
 *   input `loss_rows` lists; only they pay for the last layer and the unembedding. `targets` [batch, position] are the
 *   tokens to predict at each position
 */
export function scoreProgram(
  program: Program,
  { layers, vocabulary }: Pick<Architecture, "layers" | "vocabulary">,
  { measures, withLoss }: { readonly measures: number; readonly withLoss: boolean },
): Program {
  const bare = { ...program, outputs: [] };
  const scored = withAttentionScores(bare, { layers, measures });
  if (!withLoss) return prune(scored);
  return narrow(withTokenLoss(scored, vocabulary), {
    outputs: [SCORE_VALUES.loss], // [loss_rows, position]
    axis: "batch",
    rows: SCORE_VALUES.lossRows,
  });
}
