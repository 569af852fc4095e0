/** @file The Program of `score`: attention is reduced to one number per head inside the graph and never leaves it. */
import { builder } from "../../graph/builder.ts";
import { narrow } from "../../graph/edits/narrow.ts";
import { prune, type Program } from "../../graph/program.ts";
import type { Architecture } from "../../models/family.ts";

/** Values that the score program returns, and inputs that it adds. */
export const SCORE_VALUES = {
  tables: "attention_tables",
  targets: "targets",
  lossRows: "loss_rows",
  loss: "loss",
  scores: (layer: number) => `blocks.${layer}.attn.scores`,
} as const;

/**
 * Adds to the forward pass, for each layer, `scores` = sum over (query, key) of tables x pattern: [batch, measure, head],
 * and takes away what no score needs: the last layer ends at its pattern.
 *
 * @param measures rows of the input `attention_tables` [measure, query, key]
 * @param withLoss also returns `loss` [loss_rows, position], -log p(target) in nats, for the rows of the batch that the
 *   input `loss_rows` lists; only they pay for the last layer and the unembedding. `targets` [batch, position] are the
 *   tokens to predict at each position
 */
export function scoreProgram(
  program: Program,
  { layers, vocabulary }: Pick<Architecture, "layers" | "vocabulary">,
  { measures, withLoss }: { readonly measures: number; readonly withLoss: boolean },
): Program {
  const b = builder(program);
  const tables = b.input(SCORE_VALUES.tables, "float32", {
    measure: measures,
    query: "position",
    key: "position",
  });
  const scores = Array.from({ length: layers }, (_, layer) =>
    b.contract(`blocks.${layer}.attn.hook_pattern`, tables, ["batch", "measure", "head"], {
      as: SCORE_VALUES.scores(layer),
    }),
  );
  if (!withLoss) return prune(b.program(scores, program.limits));
  const targets = b.input(
    SCORE_VALUES.targets,
    "int32",
    { batch: "batch", position: "position" },
    { below: vocabulary },
  );
  const all = b.op("logSumExp", ["logits"], { axis: "d_vocab" });
  const loss = b.op("sub", [all, b.op("pick", ["logits", targets], {})], {}, SCORE_VALUES.loss); // [loss_rows, position]
  return narrow(b.program([...scores, loss], program.limits), {
    outputs: [loss],
    axis: "batch",
    rows: SCORE_VALUES.lossRows,
  });
}
