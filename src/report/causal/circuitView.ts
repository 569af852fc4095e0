/** @file What `circuit` shows. */
import type { CircuitResult } from "../../results/circuit.ts";
import { divergingScale, tableText, type StudyView } from "../studyView.ts";

export function circuitView(result: CircuitResult): StudyView {
  const { composition, copying, matching, top, model } = result;
  const shown = copying.effective ?? copying.full;
  const which = copying.effective ? "effective embedding, W_E + MLP0(W_E)" : "raw embedding";
  const keys = top.find(({ route }) => route === "k");
  const sentence = keys
    ? `${keys.earlier} composes most with keys: ${keys.later} reads it with ${tableText(keys.score)} (random heads ${tableText(composition.baseline)}).`
    : "A model of one layer has no composition.";
  const about = `${model.id} · family ${model.family} · ${model.layers} layers × ${model.heads} heads`;
  return {
    title: `Circuits from weights alone: ${model.id}`,
    lines: [about, "weights as stored: norms are not folded in, rotary positions are left out"],
    sentences: [sentence],
    map: {
      title: "Copying by head",
      subtitle: [about],
      values: shown,
      scale: { ...divergingScale(shown), bound: 1 },
      scaleLabel: `eigenvalue share of the full OV circuit (${which})`,
      description: sentence,
    },
    tables: [
      {
        caption: `Strongest compositions; random heads score ${tableText(composition.baseline)}`,
        columns: ["route", "earlier", "later", "score"],
        rows: top.map(({ route, earlier, later, score }) => [route, earlier, later, score]),
      },
      {
        caption: "Eigenvalue shares of every head: 1 is copying or matching, -1 the opposite",
        columns: ["head", "ov", "full", "fullEffective", "match", "matchEffective"],
        rows: copying.ov.flatMap((row, layer) =>
          row.map((ov, head) => [
            `${layer}.${head}`,
            ov,
            copying.full[layer]![head]!,
            copying.effective?.[layer]![head] ?? null,
            matching.raw[layer]![head]!,
            matching.effective?.[layer]![head] ?? null,
          ]),
        ),
      },
    ],
    warnings: result.warnings,
  };
}
