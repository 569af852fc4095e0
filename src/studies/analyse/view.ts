/** @file What `analyse` shows in short: findings, the induction test, the layers and heads that matter. */
import type { AnalyseResult } from "./result.ts";
import { attentionView } from "../attention/view.ts";
import { attributionView } from "../attribution/view.ts";
import { lensView } from "../lens/view.ts";
import { patchView } from "../patch/view.ts";
import { scoreView } from "../score/view.ts";
import type { BarChart } from "../../draw/bars.ts";
import { barPicture } from "../../draw/pictures.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  settingsOf,
  type StudyPicture,
  type StudySection,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { tokenText } from "../../draw/tokenText.ts";

/** Bars in the picture of layers. */
const BARS = 24;

export interface AnalyseView extends StudyView {
  /** What each part shows: the studies that it consists of, and the picture of layers, where anything was patched. */
  readonly parts: {
    readonly score: StudyView;
    readonly attention: StudyView;
    readonly lens: StudyView;
    readonly patching: StudyView | undefined;
    readonly layers: StudyPicture | undefined;
  };
}

export function analyseView(result: AnalyseResult): AnalyseView {
  const parts = partsOf(result);
  return {
    title: `Induction, the whole analysis: ${result.model.id}`,
    lines: aboutLines(result),
    sentences: result.findings,
    map: parts.layers ? null : parts.score.map,
    pictures: parts.layers ? [parts.layers] : [],
    tables: [testTable(result), exampleTable(result), layerTable(result), headTable(result)],
    csv: () => headTable(result),
    sections: sectionsOf(result, parts),
    settings: settingsOf(result),
    warnings: result.warnings,
    parts,
  };
}

function partsOf(result: AnalyseResult): AnalyseView["parts"] {
  const { score, attention, lens, patchHeads, screenHeads } = result.studies;
  const screened = screenHeads ? attributionView(screenHeads) : undefined;
  return {
    score: scoreView(score),
    attention: attentionView(attention),
    lens: lensView(lens),
    patching: patchHeads ? patchView(patchHeads) : screened,
    layers: result.importantLayers.length > 0 ? barPicture(layerChart(result)) : undefined,
  };
}

function sectionsOf(
  { studies }: AnalyseResult,
  { score, attention, lens, patching }: AnalyseView["parts"],
): StudySection[] {
  const patched = studies.patchHeads ? "patchHeads" : "screenHeads";
  return [
    { title: "Attention scores of every head", view: score, path: path("score") },
    ...(patching
      ? [{ title: "What patching each head restores", view: patching, path: path(patched) }]
      : []),
    { title: "Where the best heads look", view: attention, path: path("attention") },
    { title: "How the prediction forms", view: lens, path: path("lens") },
  ];
}

function path(study: keyof AnalyseResult["studies"]): string[] {
  return ["studies", study];
}

/** The layers' parts that restore most. */
function layerChart(result: AnalyseResult): BarChart {
  const bars = result.importantLayers.slice(0, BARS);
  return {
    title: "Layers that carry induction (activation patching)",
    subtitle: pictureLines(result.studies.patchAttention ?? result),
    bars: bars.map(({ name, effect, interval }) => ({
      name,
      value: effect,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    })),
    valueLabel: "share of the difference that clean values restore; 1 is all of it",
    notes: [
      "Clean values of one layer's attention or MLP, put into runs whose first copy is another block; 95 % intervals.",
    ],
    description: bars.map(({ name, effect }) => `${name}: ${effect.toFixed(2)}`).join(", "),
  };
}

function testTable({ inductionTest }: AnalyseResult): StudyTable {
  return {
    caption: "Does the model predict what followed the earlier copy?",
    columns: [
      "input",
      "rows",
      { name: "first", key: "predictedShare" },
      "low",
      "high",
      { name: "top 5", key: "inTopFiveShare" },
      "probability",
      "rank",
      { name: "guessing", key: "chance" },
    ],
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
      headColumn(),
      "attention",
      "low",
      "high",
      "effect",
      ...(estimates ? ["approximate effect"] : []),
    ],
    rows: score.top.map(({ layer, head, score: value, low, high }) => [
      { layer, head },
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
    confirmed.find((other) => other.layer === layer && other.head === head)?.effect ??
    null;
}
