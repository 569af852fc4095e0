import { builder } from "../builder.ts";
import type { Program } from "../program.ts";

/** What `withAttentionScores` adds to a program. */
export const ATTENTION_SCORE_VALUES = {
  /** Input [measure, query, key]: a weight table for each score. */
  tables: "attention_tables",
  /** [batch, measure, head] */
  scores: (layer: number) => `blocks.${layer}.attn.scores`,
} as const;

/**
 * Reduce attention to scores inside the graph: scores[batch, measure, head] = sum over (query, key) of table x pattern, for each
 * layer. The scores are outputs beside the program's own; patterns never leave it.
 *
 * @param measures rows of the input `attention_tables`
 */
export function withAttentionScores(
  program: Program,
  { layers, measures }: { readonly layers: number; readonly measures: number },
): Program {
  const { tables, scores } = ATTENTION_SCORE_VALUES;
  const b = builder(program);
  b.input(tables, "float32", { measure: measures, query: "position", key: "position" });
  const outputs = Array.from({ length: layers }, (_, layer) =>
    b.contract(`blocks.${layer}.attn.hook_pattern`, tables, ["batch", "measure", "head"], {
      as: scores(layer),
    }),
  );
  return b.program([...program.outputs, ...outputs], program.limits);
}
