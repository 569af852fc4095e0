/** @file A B C ... D B E ... A B: whether a head picks the copy whose context fits. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import {
  countOf,
  doesNotFit,
  partsOfIds,
  startOf,
  sumOfTables,
  timesTable,
  variantRows,
  type Scene,
} from "./scene.ts";

const PAIRS = 4;
const LENGTH = PAIRS * 11; // A B C f, D B E f, and later A B g
/** Of A, B, C, D, E, and the fillers of each third of the row. */
const PARTS = {
  ...{ a: PAIRS, b: PAIRS, c: PAIRS, d: PAIRS, e: PAIRS },
  ...{ f: PAIRS, g: PAIRS, h: PAIRS },
};
const DISTINCT = countOf(PARTS);

const WORDS = {
  name: "selectsByContext",
  title: "selects by context",
  formula:
    "mean of A[q, C] - A[q, E] after A B and of A[q, E] - A[q, C] after D B, halved; q the last B of A B C ... D B E ... A B",
  source:
    "second-order induction on random tokens; Saanum et al. 2025 (arXiv:2509.21534) ask the same of permuted chunks",
  kind: "difference",
} as const;

/** Four tokens that came in two contexts, A B C and D B E, and come again in one of them. */
export const AMBIGUOUS: Scene = {
  name: "ambiguous",
  layout:
    "four times A B C and a filler, four times D B E and a filler with the same B, then A B (or D B) and a filler for each",
  behaviours: [WORDS.name],
  rows: (source) => {
    const why = doesNotFit(source, { length: LENGTH, distinct: DISTINCT });
    if (why !== null) return why;
    const variants = variantRows(source, DISTINCT, ["first", "second"], rowOf);
    const start = startOf(source.bos);
    const toC = tableOf(start, 0);
    const toE = tableOf(start, 1);
    const first = sumOfTables([timesTable(toC, 0.5), timesTable(toE, -0.5)]);
    const tables = { first, second: timesTable(first, -1) };
    return { variants, measures: [{ ...WORDS, tables, control: null }] };
  },
};

function rowOf(ids: readonly number[], variant: "first" | "second"): number[] {
  const { a, b, c, d, e, f, g, h } = partsOfIds(ids, PARTS);
  const quads = (firsts: readonly number[], then: readonly number[], filler: readonly number[]) =>
    firsts.flatMap((id, pair) => [id, b[pair]!, then[pair]!, filler[pair]!]);
  const before = variant === "first" ? a : d;
  const questions = before.flatMap((id, pair) => [id, b[pair]!, h[pair]!]);
  return [...quads(a, c, f), ...quads(d, e, g), ...questions];
}

/** Attention of the last B of each pair to what followed it in one half. */
function tableOf(start: number, half: number) {
  const first = start + 8 * PAIRS;
  const queries = Array.from({ length: PAIRS }, (_, pair) => first + 3 * pair + 1);
  return queryMeanTable(start + LENGTH, queries, (query) => [
    start + 4 * (half * PAIRS + (query - first - 1) / 3) + 2,
  ]);
}
