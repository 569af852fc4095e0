/** @file What `lens` shows. */
import { headName } from "../../base/headName.ts";
import type { LensResult } from "./result.ts";
import type { AxisOptions, LineFigure } from "../../draw/lines.ts";
import { plural } from "../../base/plural.ts";
import { tableNumber } from "../../draw/numbers.ts";
import { linePicture } from "../../draw/pictures.ts";
import { tokenText } from "../../draw/tokenText.ts";
import { visible } from "../../draw/visible.ts";
import {
  aboutLines,
  divergingScale,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export function lensView(result: LensResult): StudyView {
  const { attribution } = result;
  const { heads } = attribution;
  const hasHeads = heads.some((layer) => layer.length > 0);
  const sentence = lensSentence(result);
  return {
    title: `Logit lens and attribution: ${result.model.id}`,
    lines: [...aboutLines(result), ...textWords(result), result.norm, convergenceWords(result)],
    sentences: [sentence],
    pictures: [linePicture(targetFigure(result)), linePicture(evolutionFigure(result))],
    map: hasHeads
      ? {
          title: `What each head adds to the target's ${attribution.of}`,
          subtitle: pictureLines(result),
          values: heads.map((layer) => (layer.length > 0 ? layer : [null])), // a scan among attention
          scale: divergingScale(heads),
          scaleLabel: `part of the target's ${attribution.of}`,
          description: sentence,
        }
      : null,
    tables: [
      layerTable(result),
      {
        caption: `What each layer adds to the ${attribution.of}`,
        columns: ["layer", "attention", "mlp"],
        rows: attribution.layers.map(({ attention, mlp }, layer) => [layer, attention, mlp]),
      },
      {
        caption: `Other parts of the ${attribution.of}; all parts sum to it within ${tableNumber(attribution.largestError)}`,
        columns: ["part", "value"],
        rows: attribution.parts.map(({ name, value }) => [name, value]),
      },
    ],
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** What was read, and what is asked to follow. */
function textWords({ texts = [] }: LensResult): string[] {
  const [first] = texts;
  if (!first) return [];
  const answer = first.answer === null ? "" : ` → ${tokenText(first.answer)}`;
  const more = texts.length > 1 ? `, and ${plural(texts.length - 1, "more text")}` : "";
  return [`text: ${visible(first.text)}${answer}${more}`];
}

function lensSentence({ layers, attribution, positions, input }: LensResult): string {
  const all = attribution.heads.flatMap((row, layer) =>
    row.map((value, head) => ({ name: headName({ layer, head }), value })),
  );
  const most = all.toSorted((a, b) => b.value - a.value)[0];
  const firstLikely = layers.find(({ first }) => first >= 0.5);
  const isOne = positions.length * input.examples === 1;
  const when = isOne
    ? onePlaceWords(layers)
    : firstLikely
      ? `The target is the most likely token at half of the positions from the stream "${firstLikely.name}" on`
      : "In no layer is the target the most likely token at half of the positions";
  return most
    ? `${when}; ${most.name} adds most to its ${attribution.of}: ${tableNumber(most.value)} of ${tableNumber(attribution.mean)}.`
    : `${when}; no layer has heads whose parts of its ${attribution.of} can be told apart.`;
}

/** From which stream on the target stays on top. */
function onePlaceWords(layers: LensResult["layers"]): string {
  const from = 1 + layers.findLastIndex(({ first }) => first < 1);
  const last = layers.at(-1)!;
  return from < layers.length
    ? `The target is the most likely token from the stream "${layers[from]!.name}" on`
    : `The target is not the most likely token in the end: its rank is ${last.rank}, its probability ${tableNumber(last.probability)}`;
}

function convergenceWords({ convergence, stability, positions, layers }: LensResult): string {
  const confident =
    convergence.layer === null
      ? `no stream gives any token ${convergence.threshold} or more`
      : `the first stream that gives any token ${convergence.threshold} or more is ${convergence.layer.toFixed(1)} (at ${Math.round(100 * convergence.share)} % of the positions; early streams are not calibrated)`;
  return `${plural(positions.length, "position")}; the final prediction is on top from stream ${convergence.settled.toFixed(1)} of ${layers.length - 1} on; ${confident}; stability ${stability.toFixed(3)}`;
}

function layerTable({ layers }: LensResult): StudyTable {
  return {
    caption: "The target by layer; `predicts` is at the last position of the first example",
    columns: [
      "stream",
      "probability",
      "low",
      "high",
      { name: "log-probability", key: "logProbabilityNats" },
      "rank",
      { name: "top-1", key: "top1Share" },
      "predicts",
    ],
    rows: layers.map(({ name, probability, interval, logProbability, rank, first, top }) => [
      name,
      probability,
      interval?.[0] ?? null,
      interval?.[1] ?? null,
      logProbability,
      rank,
      first,
      top[0] ? `${tokenText(top[0].piece)} ${top[0].probability.toFixed(2)}` : "",
    ]),
  };
}

/** Streams by number, at most a dozen of them with a tick. */
function streamAxis(streams: number): AxisOptions {
  const step = Math.ceil(streams / 12);
  return {
    label: "residual stream before this layer; the last one is the final stream",
    domain: [0, streams - 1],
    ticks: Array.from({ length: Math.ceil(streams / step) }, (_, index) => index * step),
  };
}

/** The target's probability and how often it is the first choice, over all positions. */
function targetFigure(result: LensResult): LineFigure {
  const { layers, positions } = result;
  return {
    title: "When the target is known",
    subtitle: pictureLines(result),
    panels: [
      {
        lines: [
          {
            name: "probability of the target",
            points: layers.map(({ probability, interval }, x) => ({
              x,
              y: probability,
              low: interval?.[0] ?? null,
              high: interval?.[1] ?? null,
            })),
          },
          {
            name: "share of positions where it is the most likely token",
            points: layers.map(({ first }, x) => ({ x, y: first })),
          },
        ],
        x: streamAxis(layers.length),
        y: { label: `mean over ${plural(positions.length, "position")}`, domain: [0, 1] },
      },
    ],
    notes: [
      "Bands are 95 % intervals over examples. The final norm is computed again for each stream.",
    ],
    description: `The probability of the target is ${layers.map(({ probability }) => probability.toFixed(2)).join(", ")} from the first stream to the final one.`,
  };
}

/** The final stream's most likely tokens at one position, in every stream. */
function evolutionFigure(result: LensResult): LineFigure {
  const { position, target, tokens } = result.evolution;
  const about = (token: number) => (token === target ? " (target)" : "");
  return {
    title: "How one prediction forms",
    subtitle: [...pictureLines(result), `position ${position} of the first example`],
    panels: [
      {
        lines: tokens.map(({ token, piece, probabilities }) => ({
          name: `${tokenText(piece)}${about(token)}`,
          points: probabilities.map((y, x) => ({ x, y })),
        })),
        x: streamAxis(result.layers.length),
        y: { label: "probability", domain: [0, 1] },
      },
    ],
    description: `Probabilities of ${tokens.map(({ piece }) => tokenText(piece)).join(", ")} by stream.`,
  };
}
