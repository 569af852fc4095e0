import { aboutLines, type StudyView } from "../../../src/draw/studyView.ts";
import type { SelfAttentionResult } from "./result.ts";

export function selfAttentionView(result: SelfAttentionResult): StudyView {
  const title = `Attention to itself: ${result.model.id}`;
  const rows = result.weights.flatMap((row, layer) =>
    row.map((weight, head) => [`${layer}.${head}`, weight]),
  );
  return {
    title,
    lines: aboutLines(result),
    sentences: ["How much each head looks at the token it stands on."],
    map: {
      title,
      subtitle: aboutLines(result),
      values: result.weights,
      scale: { kind: "sequential", bound: 1 },
      scaleLabel: "mean attention weight to itself, 0 to 1",
      description: "Attention of each head to the token it stands on.",
    },
    tables: [{ caption: "Every head", columns: ["head", "weight"], rows }],
    warnings: result.warnings,
  };
}
