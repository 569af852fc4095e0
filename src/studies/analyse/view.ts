/** @file What `analyse` shows in short: findings, the induction test, the layers and heads that matter. */
import type { AnalyseResult } from "./result.ts";
import type { BarChart } from "../../draw/bars.ts";
import { aboutLines, type StudyTable, type StudyView } from "../../draw/studyView.ts";
import { tokenText } from "../../draw/tokenText.ts";

/** Bars in the picture of layers. */
const BARS = 24;

export function analyseView(result: AnalyseResult): StudyView {
  return {
    title: `Induction, the whole analysis: ${result.model.id}`,
    lines: aboutLines(result),
    sentences: result.findings,
    map: null,
    pictures: layerPictures(result),
    tables: [testTable(result), exampleTable(result), layerTable(result), headTable(result)],
    warnings: result.warnings,
  };
}

function layerPictures(result: AnalyseResult): NonNullable<StudyView["pictures"]> {
  if (result.importantLayers.length === 0) return [];
  return [
    {
      label: "Effects of patching each layer's attention and MLP",
      draw: async () => {
        const { barChart } = await import("../../draw/bars.ts");
        return (document, theme) => barChart(layerChart(result), document, theme);
      },
    },
  ];
}

/** The layers' parts that restore most. */
export function layerChart(result: AnalyseResult): BarChart {
  const shown = result.importantLayers.slice(0, BARS);
  return {
    title: "Layers that carry induction (activation patching)",
    subtitle: aboutLines(result.studies.patchAttention ?? result),
    bars: shown.map(({ name, effect, interval }) => ({
      name,
      value: effect,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    })),
    valueLabel: "share of the difference that clean values restore; 1 is all of it",
    notes: [
      "Clean values of one layer's attention or MLP, put into runs whose first copy is another block; 95 % intervals.",
    ],
    description: shown.map(({ name, effect }) => `${name}: ${effect.toFixed(2)}`).join(", "),
  };
}

function testTable({ inductionTest }: AnalyseResult): StudyTable {
  return {
    caption: "Does the model predict what followed the earlier copy?",
    columns: ["input", "rows", "first", "low", "high", "top 5", "probability", "rank", "guessing"],
    rows: inductionTest.map(({ kind, examples, predicted, inTopFive, probability, rank }) => [
      kind,
      examples,
      predicted.value,
      ...(predicted.interval ?? [null, null]),
      inTopFive.value,
      probability.value,
      rank,
      predicted.chance,
    ]),
  };
}

function exampleTable({ inductionTest }: AnalyseResult): StudyTable {
  return {
    caption: "The first row of each: five most likely tokens after the repeat",
    columns: ["input", "repeated", "target", "rank", "place", "token", "probability"],
    rows: inductionTest.flatMap(({ kind, first: { repeated, target, rank, top } }) =>
      top.map(({ token, piece, probability }, place) => [
        kind,
        tokenText(repeated.piece),
        tokenText(target.piece),
        rank,
        place + 1,
        `${tokenText(piece)}${token === target.token ? " (target)" : ""}`,
        probability,
      ]),
    ),
  };
}

function layerTable({ importantLayers }: AnalyseResult): StudyTable {
  return {
    caption: "Layers whose part alone restores most",
    columns: ["part", "effect", "low", "high"],
    rows: importantLayers.map(({ name, effect, interval }) => [
      name,
      effect,
      ...(interval ?? [null, null]),
    ]),
  };
}

function headTable({ studies }: AnalyseResult): StudyTable {
  const { score, screenHeads } = studies;
  const exact = exactEffects(studies);
  const estimates = screenHeads?.units[0]!.effect;
  return {
    caption: screenHeads
      ? "Heads that attend most like induction heads, and what patching them restores: exactly where they were run, else an approximate estimate"
      : "Heads that attend most like induction heads, and what patching them restores",
    columns: [
      "head",
      "attention",
      "low",
      "high",
      "effect",
      ...(estimates ? ["approximate effect"] : []),
    ],
    rows: score.top.map(({ layer, head, score: value, low, high }) => [
      `${layer}.${head}`,
      value,
      low,
      high,
      exact(layer, head),
      ...(estimates ? [estimates[layer]![head]!] : []),
    ]),
  };
}

/** The exact effect of a head that was run, null for others. */
function exactEffects({ patchHeads, screenHeads }: AnalyseResult["studies"]) {
  const all = patchHeads?.effects as number[][] | undefined;
  const confirmed = screenHeads?.screen?.confirmed ?? [];
  return (layer: number, head: number): number | null =>
    all?.[layer]![head] ??
    confirmed.find((one) => one.layer === layer && one.head === head)?.effect ??
    null;
}
