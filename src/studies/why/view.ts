/** @file What `why` shows: the score as a matrix of query parts and key parts, and what the cell does to the next token. */
import { headName } from "../../base/headName.ts";
import type { WhyResult } from "./result.ts";
import type { Matrices } from "../../draw/matrices.ts";
import { matricesPicture } from "../../draw/pictures.ts";
import { share, toBound } from "../../draw/numbers.ts";
import { tokenText } from "../../draw/tokenText.ts";
import {
  aboutLines,
  pictureLines,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";

/** Parts with a row or column of their own; the others are summed. */
const SHOWN = 11;
const PAIRS = 15;

export function whyView(result: WhyResult): StudyView {
  const { cell, model } = result;
  return {
    title: `Why ${headName(cell)} attends: ${model.id}`,
    lines: [
      ...aboutLines(result),
      `${sumWords(result)} = sum over query parts × key parts; ${result.frozen}`,
      `sum of all parts less ${result.score.softcap === null ? "the score" : "that"}: ${result.score.largestError.toExponential(1)}`,
    ],
    sentences: [cellWords(result), contrastWords(result), effectWords(result)],
    map: null,
    pictures: [{ ...matricesPicture(whyPicture(result)), label: "Query parts by key parts" }],
    tables: [pairTable(result, PAIRS), partTable(result), rowTable(result), effectTable(result)],
    csv: () => pairTable(result, Infinity),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** What the parts add up to. */
function sumWords({ score: { softcap, uncapped } }: WhyResult): string {
  return softcap === null
    ? "score before softmax"
    : `score before softmax and before its soft cap (${number(uncapped)}, capped at ${softcap})`;
}

/** A token at its position: `“·the” at 12`. */
function tokenAt({ sequence }: WhyResult, position: number): string {
  return `“${tokenText(sequence.pieces[position]!)}” at ${position}`;
}

/** Two digits, whatever the size. */
function number(value: number): string {
  return toBound(value, Math.abs(value) || 1);
}

function cellWords(result: WhyResult): string {
  const { cell } = result;
  const [best] = pairs(result);
  const part = best
    ? ` The largest part, ${number(best.value)}, is query part ${best.query} × key part ${best.key}.`
    : "";
  return `${headName(cell)} looks from ${tokenAt(result, cell.query)} to ${tokenAt(result, cell.key)}: score ${number(cell.score)}, weight ${share(cell.weight)} (number ${cell.rank} of ${cell.visibleKeys} keys).${part}`;
}

function contrastWords({ contrast, parts }: WhyResult): string {
  const order = [...parts.keys()].sort(
    (first, other) => contrast.byKey[other]! - contrast.byKey[first]!,
  );
  const list = order
    .slice(0, 3)
    .map((part) => `${parts[part]!} ${number(contrast.byKey[part]!)}`)
    .join(", ");
  return `Beside the average key it has ${number(contrast.logRatio)} more; by key part: ${list}.`;
}

function effectWords({ effect, cell }: WhyResult): string {
  const { target } = effect;
  const [raised] = effect.raised;
  const most = raised
    ? `; it raises “${tokenText(raised.piece)}” most, by ${number(raised.logit)}`
    : "";
  return `What ${headName(cell)} writes from this one key adds ${number(effect.cell)} to the logit of “${tokenText(target.piece)}” (the ${target.why}, probability ${share(target.probability)}), of ${number(effect.head)} by the head as a whole${most}.`;
}

interface Pair {
  readonly query: string;
  readonly key: string;
  readonly value: number;
}

/** By size, largest first. */
function pairs({ parts, score }: WhyResult): Pair[] {
  return score.contributions
    .flatMap((row, query) =>
      row.map((value, key) => ({ query: parts[query]!, key: parts[key]!, value })),
    )
    .sort((first, other) => Math.abs(other.value) - Math.abs(first.value));
}

function pairTable(result: WhyResult, most: number): StudyTable {
  return {
    caption: "Largest contributions to the score",
    columns: ["query part", "key part", "contribution"],
    rows: pairs(result)
      .slice(0, most)
      .map(({ query, key, value }) => [query, key, value]),
  };
}

function partTable({ parts, score, contrast }: WhyResult): StudyTable {
  const size = (part: number) =>
    Math.max(
      Math.abs(score.byQuery[part]!),
      Math.abs(score.byKey[part]!),
      Math.abs(contrast.byKey[part]!),
    );
  return {
    caption:
      "Every part: as query (sums to the score), as key (sums to the score), and as key less its mean over keys",
    columns: ["part", "as query", "as key", "stands out"],
    rows: [...parts.keys()]
      .sort((first, other) => size(other) - size(first))
      .map((part) => [
        parts[part]!,
        score.byQuery[part]!,
        score.byKey[part]!,
        contrast.byKey[part]!,
      ]),
  };
}

function rowTable({ row, cell }: WhyResult): StudyTable {
  return {
    caption: `Where query ${cell.query} looks most`,
    columns: ["key", "token", "score", "weight"],
    rows: row.map(({ key, piece, score, weight }) => [key, tokenText(piece), score, weight]),
  };
}

function effectTable({ effect }: WhyResult): StudyTable {
  const rows = (list: WhyResult["effect"]["raised"], what: string) =>
    list.map(({ piece, token, logit }) => [what, tokenText(piece), token, logit]);
  return {
    caption:
      "Tokens that reading the key (weight times value) raises and lowers most (logits less their mean, norm frozen)",
    columns: ["what", "token", "id", "logit"],
    rows: [...rows(effect.raised, "raised"), ...rows(effect.lowered, "lowered")],
  };
}

/** The parts with the largest sums, the others as one; the cells still sum to the score. */
function whyPicture(result: WhyResult): Matrices {
  const { parts, score, cell, model } = result;
  const rows = groups(score.byQuery);
  const columns = groups(score.byKey);
  const values = rows.map((queries) =>
    columns.map((keys) =>
      queries.reduce(
        (sum, query) => sum + keys.reduce((all, key) => all + score.contributions[query]![key]!, 0),
        0,
      ),
    ),
  );
  const name = (group: readonly number[]) =>
    group.length === 1 ? parts[group[0]!]! : `${group.length} other parts`;
  const bound = Math.max(...values.flat().map(Math.abs)) || 1;
  return {
    title: `Why ${headName(cell)} looks from ${tokenAt(result, cell.query)} to ${tokenAt(result, cell.key)}`,
    subtitle: [...pictureLines({ ...result, model }), cellWords(result)],
    matrices: [
      {
        title:
          score.softcap === null
            ? `score ${number(cell.score)} = sum of all cells`
            : `score before its soft cap ${number(score.uncapped)} = sum of all cells`,
        rows: rows.map(name),
        columns: columns.map(name),
        values,
      },
    ],
    rowName: `query parts: what the stream of ${tokenAt(result, cell.query)} is the sum of`,
    columnName: `key parts: what the stream of ${tokenAt(result, cell.key)} is the sum of`,
    scale: { kind: "diverging", bound },
    scaleLabel: "contribution to the score before softmax",
    notes: [result.frozen, contrastWords(result), effectWords(result)],
    description: `${cellWords(result)} ${contrastWords(result)}`,
  };
}

/** Parts by the size of their sums, each alone; what is left over together. In the order of the model. */
function groups(sums: readonly number[]): number[][] {
  const order = [...sums.keys()].sort(
    (first, other) => Math.abs(sums[other]!) - Math.abs(sums[first]!),
  );
  const alone = order.slice(0, SHOWN).sort((first, other) => first - other);
  const rest = order.slice(SHOWN);
  return [...alone.map((part) => [part]), ...(rest.length > 0 ? [rest] : [])];
}
