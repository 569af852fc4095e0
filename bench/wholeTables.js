/** @file Scores as products of whole tables with whole patterns, which the gathered entries took the place of. */
import { builder } from "../dist/graph/builder.js";

/** Of a Program or of patterns that are fed, `blocks.L.attn.hook_pattern`: one product a layer. */
export function withWholeTables(program, { layers, measures }) {
  const b = builder(program);
  b.input("tables", "float32", { measure: measures, query: "position", key: "position" });
  const scores = Array.from({ length: layers }, (_, layer) =>
    b.contract(`blocks.${layer}.attn.hook_pattern`, "tables", ["batch", "measure", "head"], {
      as: `blocks.${layer}.attn.scores`,
    }),
  );
  return b.program(scores, program.limits);
}
