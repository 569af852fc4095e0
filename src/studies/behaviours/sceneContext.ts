/** @file A B C ... A B: whether a head that finds C needs the token it stands on, the one before it, or both. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import {
  countOf,
  doesNotFit,
  orderOfBlock,
  partsOfIds,
  startOf,
  timesTable,
  variantRows,
  type Scene,
} from "./scene.ts";

const TRIPLES = 6;
const LENGTH = TRIPLES * 7; // A B C f, and later A B g
/** Of A, B, C, both fillers, and what replaces A and B. */
const PARTS = {
  a: TRIPLES,
  b: TRIPLES,
  c: TRIPLES,
  f: TRIPLES,
  g: TRIPLES,
  x: TRIPLES,
  y: TRIPLES,
};
const DISTINCT = countOf(PARTS);

const SOURCE =
  "the question of Kissane et al. 2024 (arXiv:2406.17759), long- and short-prefix induction, by replacing single tokens";

const WORDS = {
  pairInduction: {
    name: "pairInduction",
    title: "pair induction",
    formula: "mean of A[q, k] in A B C ... A B, q the second B, k the C",
    source: SOURCE,
    kind: "share",
  },
  needsPrevious: {
    name: "needsPrevious",
    title: "needs the token before",
    formula: "pairInduction less the same in A B C ... X B, X a new token",
    source: SOURCE,
    kind: "difference",
  },
  needsCurrent: {
    name: "needsCurrent",
    title: "needs the current token",
    formula: "pairInduction less the same in A B C ... A Y, Y a new token, q the Y",
    source: SOURCE,
    kind: "difference",
  },
} as const;

type Variant = "both" | "previousReplaced" | "currentReplaced" | "neither";

/** Six triples A B C, then A B again in another order, with A, B, both or none replaced by new tokens. */
export const CONTEXT: Scene = {
  name: "context",
  layout:
    "six times A B C and a filler, then A B and a filler for each in another order; A, B or both replaced in the variants",
  behaviours: Object.keys(WORDS),
  rows: (source) => {
    const why = doesNotFit(source, { length: LENGTH, distinct: DISTINCT });
    if (why !== null) return why;
    const names = ["both", "previousReplaced", "currentReplaced", "neither"] as const;
    const variants = variantRows(source, DISTINCT, names, rowOf);
    const table = tableOf(startOf(source.bos));
    const less = timesTable(table, -1);
    return {
      variants,
      measures: [
        { ...WORDS.pairInduction, tables: { both: table }, control: { neither: table } },
        {
          ...WORDS.needsPrevious,
          tables: { both: table, previousReplaced: less },
          control: null,
        },
        { ...WORDS.needsCurrent, tables: { both: table, currentReplaced: less }, control: null },
      ],
    };
  },
};

function rowOf(ids: readonly number[], variant: Variant): number[] {
  const { a, b, c, f, g, x, y } = partsOfIds(ids, PARTS);
  const first = a.flatMap((id, triple) => [id, b[triple]!, c[triple]!, f[triple]!]);
  const keepsPrevious = variant === "both" || variant === "currentReplaced";
  const keepsCurrent = variant === "both" || variant === "previousReplaced";
  const previous = keepsPrevious ? a : x;
  const current = keepsCurrent ? b : y;
  const second = orderOfBlock(1).flatMap((triple) => [
    previous[triple]!,
    current[triple]!,
    g[triple]!,
  ]);
  return [...first, ...second];
}

function tableOf(start: number) {
  const order = orderOfBlock(1);
  const first = start + 4 * TRIPLES;
  const queries = order.map((_, slot) => first + 3 * slot + 1);
  return queryMeanTable(start + LENGTH, queries, (query) => [
    start + 4 * order[(query - first - 1) / 3]! + 2,
  ]);
}
