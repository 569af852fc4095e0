/** @file Heads that follow one rule, as attention on any tokens: what every behaviour is checked against. */
import { tensor, type Tensor } from "../../../src/base/tensor.ts";
import { contract } from "../../../src/measure/contract.ts";
import { stackTables } from "../../../src/measure/weightTable.ts";
import type {
  RowSource,
  Scene,
  SceneRows,
  VariantTables,
} from "../../../src/studies/behaviours/scene.ts";

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

export const SOURCE: RowSource = {
  ordinary: Int32Array.from({ length: 500 }, (_, id) => id + 1),
  ...{ bos: 0, examples: 2, seed: 3, contextLength: 512, tokenizer: null },
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
