/** @file What `attention` shows: a grid of heads, a page in which tokens answer to the pointer, plots for a terminal. */
import { headName } from "../../base/headName.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { AttentionPanel, AttentionResult } from "./result.ts";
import { asciiBar, plotAttentionPattern } from "../../draw/asciiPlots.ts";
import { type HeadScale, UNIT_SCALE } from "../../draw/headScale.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { matricesPicture } from "../../draw/pictures.ts";
import { plural } from "../../base/plural.ts";
import { share } from "../../draw/numbers.ts";
import { tokenText } from "../../draw/tokenText.ts";
import { columnsOf } from "../../draw/columns.ts";
import { attentionWidget } from "./viewWidget.ts";
import {
  aboutLines,
  headColumn,
  pictureLines,
  pictureName,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

export const QUERY_NAME = "query: the token that looks";
export const KEY_NAME = "key: the token that is looked at";

const VALUE_WORDS = {
  pattern: "attention weight A[q, k], 0 to 1",
  "value-weighted": "attention weight × length of the value, A[q, k] · ‖v_k‖",
  scores: "score before softmax (of a scan: its pattern, signed)",
} as const;

/** Plots in a terminal, and the widest of them. */
const PLOTS = 2;
const PLOT_WIDTH = 60;
const SENTENCES = 4;
const LARGEST = 15;

export function attentionView(result: AttentionResult): StudyView {
  const { model, values, heads } = result;
  return {
    title: `Attention: ${model.id}`,
    lines: [
      ...aboutLines(result),
      `values: ${VALUE_WORDS[values]}; rows are queries (they look), columns are keys (they are looked at)`,
    ],
    sentences: heads.slice(0, SENTENCES).map((panel) => looksWords(panel, result)),
    map: null,
    pictures: [
      {
        ...matricesPicture(attentionPicture(result)),
        label: `Attention of ${plural(heads.length, "head")}, ${QUERY_NAME}, ${KEY_NAME}`,
      },
    ],
    plots: heads.slice(0, PLOTS).flatMap((panel) => plotOf(panel, result)),
    widget: attentionWidget(result),
    tables: [summaryTable(result), largestTable(result)],
    csv: () => everyWeight(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** The grid of all panels on one scale. */
export function attentionPicture(result: AttentionResult): Matrices {
  const { values, heads, sequences, model } = result;
  return {
    title: `Attention: ${pictureName(model.id)}`,
    subtitle: pictureLines(result),
    matrices: heads.map(({ weights, ...panel }) => {
      const labels = labelsOf(sequences[panel.sequence]!.pieces);
      return {
        title: panelName({ ...panel, weights }, result),
        rows: labels,
        columns: labels,
        values: weights,
      };
    }),
    rowName: QUERY_NAME,
    columnName: KEY_NAME,
    scale: scaleOf(result),
    scaleLabel: VALUE_WORDS[values],
    description: heads.map((panel) => looksWords(panel, result)).join(" "),
  };
}

function scaleOf({ values, heads }: AttentionResult): HeadScale {
  if (values === "pattern") return UNIT_SCALE;
  let bound = 0;
  for (const { weights } of heads)
    for (const row of weights)
      for (const value of row) bound = Math.max(bound, Math.abs(value ?? 0));
  return { kind: values === "scores" ? "diverging" : "sequential", bound: bound || 1 };
}

/** Position and token, so that equal tokens can be told apart. */
function labelsOf(pieces: readonly string[]): string[] {
  return pieces.map((piece, position) => `${tokenText(piece)} ${position}`);
}

function panelName(
  { layer, head, sequence }: AttentionPanel,
  { sequences }: AttentionResult,
): string {
  return sequences.length === 1
    ? `head ${headName({ layer, head })}`
    : `head ${headName({ layer, head })}, sequence ${sequence}`;
}

const LOOKS_WORDS = {
  induction: "tokens after an earlier copy",
  previousToken: "the previous token",
  firstToken: "the first token",
  currentToken: "the token itself",
} as const;

/** What gets most, of the four that have names, and induction's targets where there are any. */
function looksWords(panel: AttentionPanel, result: AttentionResult): string {
  const means = Object.entries(panel.looksAt).flatMap(([name, mean]) =>
    mean === null ? [] : [{ words: LOOKS_WORDS[name as keyof typeof LOOKS_WORDS], ...mean }],
  );
  const [most] = means.toSorted((mean, other) => other.value - mean.value);
  const induction = panel.looksAt.induction;
  const also =
    induction && most && induction.value !== most.value
      ? `; ${LOOKS_WORDS.induction} get ${share(induction.value)} (uniform attention ${share(induction.uniform)})`
      : "";
  return most
    ? `${panelName(panel, result)}: of the first, the previous and the current token${induction ? " and tokens after an earlier copy" : ""}, most attention goes to ${most.words}, ${share(most.value)} (uniform attention ${share(most.uniform)})${also}.`
    : `${panelName(panel, result)}.`;
}

function plotOf(panel: AttentionPanel, result: AttentionResult): string[] {
  const pieces = result.sequences[panel.sequence]!.pieces;
  const labels = padLabels(labelsOf(pieces));
  const pattern = shadesOf(panel, result);
  const plot = plotAttentionPattern(pattern, { width: PLOT_WIDTH, labels });
  const scale = scaleOf(result);
  const unit =
    result.values === "pattern"
      ? []
      : [
          `darkest is ${scale.bound.toPrecision(3)}${result.values === "scores" ? ", lightest the negative" : ""}`,
        ];
  return [
    `${panelName(panel, result)} (${VALUE_WORDS[result.values]})`,
    ...plot.trimEnd().split("\n"),
    ...unit,
    "",
  ];
}

function padLabels(labels: readonly string[]): string[] {
  const width = Math.max(...labels.map(columnsOf));
  return labels.map((label) => " ".repeat(width - columnsOf(label)) + label);
}

/** Values as shades, 0 to 1: [query, key]. */
function shadesOf({ weights }: AttentionPanel, result: AttentionResult): Tensor {
  const { kind, bound } = scaleOf(result);
  const length = weights.length;
  const data = new Float32Array(length * length);
  weights.forEach((row, query) =>
    row.forEach((value, key) => {
      if (value === null) return;
      data[query * length + key] = kind === "diverging" ? 0.5 + value / bound / 2 : value / bound;
    }),
  );
  return tensor(["query", "key"], [length, length], data);
}

function summaryTable(result: AttentionResult): StudyTable {
  const cells = (panel: AttentionPanel) =>
    (Object.keys(LOOKS_WORDS) as (keyof typeof LOOKS_WORDS)[]).flatMap((name) => [
      panel.looksAt[name]?.value ?? null,
      panel.looksAt[name]?.uniform ?? null,
    ]);
  return {
    caption: "Mean attention on these sequences, and what uniform attention has there",
    columns: [
      headColumn(),
      "sequence",
      "induction",
      { name: "(even)", key: "inductionUniform" },
      { name: "previous", key: "previousToken" },
      { name: "(even)", key: "previousTokenUniform" },
      { name: "first", key: "firstToken" },
      { name: "(even)", key: "firstTokenUniform" },
      { name: "current", key: "currentToken" },
      { name: "(even)", key: "currentTokenUniform" },
    ],
    rows: result.heads.map((panel) => [
      { layer: panel.layer, head: panel.head },
      panel.sequence,
      ...cells(panel),
    ]),
  };
}

/** The cells with the largest values, beside those of the first token, where heads rest. */
function largestTable(result: AttentionResult): StudyTable {
  const cells = result.heads.flatMap((panel) =>
    panel.weights.flatMap((row, query) =>
      row.flatMap((value, key) =>
        value === null || key === 0 ? [] : [{ panel, query, key, value }],
      ),
    ),
  );
  const pieces = (panel: AttentionPanel) => result.sequences[panel.sequence]!.pieces;
  return {
    caption: "Largest values but for those of the first token",
    columns: [headColumn(), "sequence", "query", "token", "key", "token", "value", ""],
    rows: cells
      .sort((entry, other) => other.value - entry.value)
      .slice(0, LARGEST)
      .map(({ panel, query, key, value }) => [
        { layer: panel.layer, head: panel.head },
        panel.sequence,
        query,
        tokenText(pieces(panel)[query]!),
        key,
        tokenText(pieces(panel)[key]!),
        value,
        result.values === "pattern" ? asciiBar(value) : "",
      ]),
  };
}

function everyWeight({ heads, sequences }: AttentionResult): StudyTable {
  return {
    caption: "Every value",
    columns: [
      "sequence",
      headColumn(),
      "query",
      "key",
      "query token",
      "key token",
      "query piece",
      "key piece",
      "value",
    ],
    rows: heads.flatMap(({ layer, head, sequence, weights }) => {
      const { tokens, pieces } = sequences[sequence]!;
      return weights.flatMap((row, query) =>
        row.flatMap((value, key) =>
          value === null
            ? []
            : [
                [
                  ...[sequence, { layer, head }, query, key, tokens[query]!, tokens[key]!],
                  ...[pieces[query]!, pieces[key]!, value],
                ],
              ],
        ),
      );
    }),
  };
}
