/** @file What `circuit` shows. */
import { headAt } from "../../base/headName.ts";
import type { CircuitResult, HeadCircuit } from "./result.ts";
import { tableNumber } from "../../draw/numbers.ts";
import { tokenText } from "../../draw/tokenText.ts";
import {
  divergingScale,
  headColumn,
  modelWords,
  pictureName,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

/** Tokens of a direction in one cell. */
function tokensText(tokens: HeadCircuit["ov"]["directions"][number]["from"]): string {
  return tokens.map(({ piece }) => tokenText(piece)).join(" ");
}

function headTables({ head, ov, qk, raw, effective }: HeadCircuit): StudyTable[] {
  const row = (embedding: string, circuit: "ov" | "qk", of: HeadCircuit["raw"]) => {
    const { top1, top5, tokens } = of[circuit];
    const ends = top1.interval ?? [null, null];
    return [embedding, circuit.toUpperCase(), top1.value, ...ends, top5.value, tokens];
  };
  const directions = (caption: string, { directions: all }: HeadCircuit["ov"]): StudyTable => ({
    caption,
    columns: ["singular value", "from", "to"],
    rows: all.map(({ value, from, to }) => [value, tokensText(from), tokensText(to)]),
  });
  return [
    {
      caption: `${head}: how often a token is its own first choice (OV: raises itself most; QK: looks for itself most)`,
      columns: ["embedding", "circuit", "top-1", "low", "high", "top-5", "tokens"],
      rows: [
        row("raw", "ov", raw),
        row("raw", "qk", raw),
        ...(effective
          ? [row("effective", "ov", effective), row("effective", "qk", effective)]
          : []),
      ],
    },
    directions(`${head}: OV directions, from tokens that are read to tokens that are raised`, ov),
    directions(`${head}: QK directions, from tokens that look to tokens that are looked for`, qk),
  ];
}

export function circuitView(result: CircuitResult): StudyView {
  const { composition, copying, matching, top, model } = result;
  const shares = copying.effective ?? copying.full;
  const which = copying.effective ? "effective embedding, W_E + MLP0(W_E)" : "raw embedding";
  const about = modelWords(model);
  return {
    title: `Circuits from weights alone: ${model.id}`,
    lines: [about, "weights as stored: norms are not folded in, rotary positions are left out"],
    sentences: [compositionWords(result)],
    map: {
      title: "Copying by head",
      subtitle: [modelWords({ ...model, id: pictureName(model.id) })],
      values: shares,
      scale: { ...divergingScale(shares), bound: 1 },
      scaleLabel: `eigenvalue share of the full OV circuit (${which})`,
      description: compositionWords(result),
    },
    tables: [
      {
        caption: `Strongest compositions; random heads score ${tableNumber(composition.baseline)}`,
        columns: ["route", headColumn("earlier"), headColumn("later"), "score"],
        rows: top.map(({ route, earlier, later, score }) => [
          route,
          headAt(earlier),
          headAt(later),
          score,
        ]),
      },
      {
        caption: "Eigenvalue shares of every head: 1 is copying or matching, -1 the opposite",
        columns: [
          headColumn(),
          "ov",
          "full",
          { name: "effective", key: "fullEffective" },
          "match",
          { name: "effective", key: "matchEffective" },
        ],
        rows: copying.ov.flatMap((row, layer) =>
          row.map((ov, head) => [
            { layer, head },
            ov,
            copying.full[layer]![head]!,
            copying.effective?.[layer]![head] ?? null,
            matching.raw[layer]![head]!,
            matching.effective?.[layer]![head] ?? null,
          ]),
        ),
      },
      ...result.heads.flatMap(headTables),
    ],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

function compositionWords({ top, composition, model }: CircuitResult): string {
  const keys = top.find(({ route }) => route === "k");
  if (keys)
    return `${keys.earlier} composes most with keys: ${keys.later} reads it with ${tableNumber(keys.score)} (random heads ${tableNumber(composition.baseline)}).`;
  return model.layers === 1
    ? "A model of one layer has no composition."
    : "No head composes with the keys of another: all these products of weights are 0.";
}
