/** @file What `lens` shows. */
import type { LensResult } from "../../results/lens.ts";
import { aboutLines, divergingScale, tableText, type StudyView } from "../studyView.ts";

export function lensView(result: LensResult): StudyView {
  const { layers, attribution, convergence, stability, norm, positions } = result;
  const { heads } = attribution;
  const all = heads.flatMap((row, layer) =>
    row.map((value, head) => ({ name: `${layer}.${head}`, value })),
  );
  const most = all.reduce((best, one) => (one.value > best.value ? one : best));
  const known = layers.find(({ first }) => first >= 0.5);
  const when = known
    ? `The target is the most likely token at half of the positions from the stream "${known.name}" on`
    : "In no layer is the target the most likely token at half of the positions";
  const sentence = `${when}; ${most.name} adds most to its ${attribution.of}: ${tableText(most.value)} of ${tableText(attribution.mean)}.`;
  const settled =
    convergence.layer === null
      ? `no stream gives a token ${convergence.threshold} or more`
      : `streams give a token ${convergence.threshold} or more from layer ${convergence.layer.toFixed(1)} on (${Math.round(100 * convergence.share)} % of the positions)`;
  return {
    title: `Logit lens and attribution: ${result.model.id}`,
    lines: [
      ...aboutLines(result),
      norm,
      `${positions.length} positions; ${settled}; stability ${stability.toFixed(3)}`,
    ],
    sentences: [sentence],
    map: {
      title: `What each head adds to the target's ${attribution.of}`,
      subtitle: aboutLines(result),
      values: heads,
      scale: divergingScale(heads),
      scaleLabel: `part of the target's ${attribution.of}`,
      description: sentence,
    },
    tables: [
      {
        caption: "The target by layer",
        columns: ["stream", "probability", "log-probability", "rank", "first"],
        rows: layers.map((layer) => [
          layer.name,
          layer.probability,
          layer.logProbability,
          layer.rank,
          layer.first,
        ]),
      },
      {
        caption: `Other parts of the ${attribution.of}; all parts sum to it within ${tableText(attribution.largestError)}`,
        columns: ["part", "value"],
        rows: attribution.parts.map(({ name, value }) => [name, value]),
      },
    ],
    warnings: result.warnings,
  };
}
