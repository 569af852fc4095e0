/** @file Heads that follow one rule, as attention on any tokens: what every behaviour is checked against. */
import { tensor, type Tensor } from "../../../src/base/tensor.ts";
import type { RowVocabulary } from "../../../src/studies/behaviours/vocabulary.ts";
import { contract } from "../../../src/measure/contract.ts";
import { stackTables } from "../../../src/measure/weightTable.ts";
import type {
  RowSource,
  Scene,
  SceneRows,
  VariantTables,
} from "../../../src/studies/behaviours/scene.ts";

/** Ids that are words in two forms (id / 2 is the word), and those of marks. */
const FORMS_FROM = 1000;
const CONCEPTS_FROM = 2000;
const MARKS: Readonly<Record<string, number>> = {
  "(": 901,
  ")": 902,
  "[": 903,
  "]": 904,
  ".": 905,
  ",": 906,
};
const isMark = (id: number) => id > 900 && id < 907;
const wordOf = (id: number) => (id >= FORMS_FROM && id < CONCEPTS_FROM ? Math.floor(id / 2) : id);

/** Keys that a query attends to, all alike; none: it rests on the first token. */
export type Rule = (tokens: readonly number[], query: number) => readonly number[];

/** Earlier positions whose token, and `before` tokens before it too, are those of the query. */
const copies = (tokens: readonly number[], query: number, before: number) =>
  [...tokens.keys()].filter(
    (at) =>
      at >= before &&
      at < query &&
      Array.from({ length: before + 1 }, (_, back) => back).every(
        (back) => tokens[at - back] === tokens[query - back],
      ),
  );
/** The same for words in whatever form. */
const wordCopies = (tokens: readonly number[], query: number) =>
  copies(tokens.map(wordOf), query, 0);
const positionsOf = (tokens: readonly number[], query: number, is: (id: number) => boolean) =>
  [...tokens.keys()].filter((at) => at < query && is(tokens[at]!));

/** Brackets that are open at the query; one that closes there still is. */
function openBrackets(tokens: readonly number[], query: number): number[] {
  const open: number[] = [];
  for (let at = 0; at < query; at++) {
    const id = tokens[at]!;
    if (id === MARKS["("] || id === MARKS["["]) open.push(at);
    if (id === MARKS[")"] || id === MARKS["]"]) open.pop();
  }
  return open;
}

const after = (positions: readonly number[]) => positions.map((at) => at + 1);

export const RULES = {
  firstInduction: (tokens, query) => after(copies(tokens, query, 0).slice(0, 1)),
  lastInduction: (tokens, query) => after(copies(tokens, query, 0).slice(-1)),
  evenInduction: (tokens, query) => after(copies(tokens, query, 0)),
  pairInduction: (tokens, query) => after(copies(tokens, query, 1).slice(-1)),
  skipInduction: (tokens, query) =>
    copies(tokens, query - 1, 0)
      .slice(-1)
      .map((at) => at + 2),
  fuzzyInduction: (tokens, query) => after(wordCopies(tokens, query).slice(-1)),
  threeAfterCopy: (tokens, query) => copies(tokens, query, 0).map((at) => at + 3),
  conceptEnd: (tokens, query) =>
    copies(tokens, query, 0)
      .filter((at) => tokens[at + 1]! >= CONCEPTS_FROM)
      .map((at) => at + 3),
  openBracket: (tokens, query) => openBrackets(tokens, query).slice(-1),
  lastBracket: (tokens, query) => positionsOf(tokens, query, isMark).slice(-1),
  firstBracket: (tokens, query) => positionsOf(tokens, query, isMark).slice(0, 1),
  duplicateToken: (tokens, query) => copies(tokens, query, 0).slice(-1),
  previousToken: (_, query) => (query > 0 ? [query - 1] : []),
  currentToken: (_, query) => [query],
  firstToken: () => [0],
  uniform: (_, query) => Array.from({ length: query + 1 }, (__, key) => key),
} as const satisfies Record<string, Rule>;

/** Attention of one head on one row, axes [head, query, key]. */
export function patternOf(rule: Rule, tokens: readonly number[]): Tensor {
  const length = tokens.length;
  const data = new Float32Array(length * length);
  for (let query = 0; query < length; query++) {
    const keys = rule(tokens, query).filter((key) => key >= 0 && key <= query);
    for (const key of keys.length > 0 ? keys : [0])
      data[query * length + key]! += 1 / Math.max(1, keys.length);
  }
  return tensor(["head", "query", "key"], [1, length, length], data);
}

/** What a rule scores on row 0 under tables, summed over variants. */
export function scoreOf(rule: Rule, rows: SceneRows, tables: VariantTables): number {
  return Object.entries(tables)
    .map(([variant, table]) => {
      const { shape, data } = rows.variants[variant]!;
      const row = [...data.subarray(0, shape[1]!)];
      return contract(patternOf(rule, row), stackTables([table])).data[0]!;
    })
    .reduce((sum, value) => sum + value, 0);
}

/** Three hundred bare words, forty in two forms, thirty of three tokens, and the marks. */
export const WORDS: RowVocabulary = {
  letters: Int32Array.from({ length: 300 }, (_, id) => id + 1),
  forms: Array.from({ length: 40 }, (_, word) => [
    FORMS_FROM + 2 * word,
    FORMS_FROM + 2 * word + 1,
  ]),
  concepts: new Map([
    [
      3,
      Array.from({ length: 30 }, (_, at) =>
        [0, 1, 2].map((token) => CONCEPTS_FROM + 3 * at + token),
      ),
    ],
  ]),
  mark: (mark) => MARKS[mark] ?? null,
  piece: () => null,
};

export const SOURCE: RowSource = {
  ordinary: Int32Array.from({ length: 500 }, (_, id) => id + 1),
  ...{ bos: 0, examples: 2, seed: 3, contextLength: 512, words: WORDS },
};

/** Rows of a scene, which has room for them. */
export function rowsOf(scene: Scene, source: Partial<RowSource> = {}): SceneRows {
  const rows = scene.rows({ ...SOURCE, ...source });
  if (typeof rows === "string") throw new Error(rows);
  return rows;
}

/** Scores of the rules by behaviour, rounded so that float32 shares do not show. */
export function scoresOf(scene: Scene, rules: readonly (keyof typeof RULES)[]) {
  const rows = rowsOf(scene);
  return Object.fromEntries(
    rows.measures.map(({ name, tables }) => [
      name,
      rules.map((rule) => Math.round(scoreOf(RULES[rule], rows, tables) * 1e6) / 1e6 + 0),
    ]),
  );
}
