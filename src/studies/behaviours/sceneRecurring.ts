/** @file Tokens that recur with another successor each time: which of several copies a head follows. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import {
  countOf,
  doesNotFit,
  orderOfBlock,
  partsOfIds,
  startOf,
  variantRows,
  type Scene,
  type SceneMeasure,
} from "./scene.ts";

/** Blocks that hold every anchor once; the last one is where they are asked for. */
const BLOCKS = 4;
const ANCHORS = 6;
const SUCCESSORS = BLOCKS * ANCHORS;
const LENGTH = 2 * SUCCESSORS;
const PARTS = { anchors: ANCHORS, successors: SUCCESSORS, others: ANCHORS };
const DISTINCT = countOf(PARTS);

const SOURCE =
  "Bajaj et al. 2025 (arXiv:2510.22752) find by ablation that repeated tokens are retrieved from first and last occurrences; here attention, head by head";

const places = (name: string, title: string, which: string) => ({
  name,
  title,
  formula: `mean of A[q, k], q the fourth occurrence of a token, k what followed ${which}`,
  source: SOURCE,
  kind: "share" as const,
});

const WORDS = {
  firstCopy: places("firstCopy", "first copy", "its first"),
  middleCopy: places("middleCopy", "middle copy", "its second"),
  lastCopy: places("lastCopy", "last copy", "its third, the last before"),
};

/**
 * Six tokens that come four times, in another order each time and each time before another token. An induction head may follow the
 * first, the last, or all copies: its attention to what came after each.
 */
export const RECURRING: Scene = {
  name: "recurring",
  layout:
    "four blocks of six recurring tokens, in another order in each, every one before a token that comes once",
  behaviours: Object.keys(WORDS),
  rows: (source) => {
    const why = doesNotFit(source, { length: LENGTH, distinct: DISTINCT });
    if (why !== null) return why;
    const variants = variantRows(source, DISTINCT, ["recurring", "new"], rowOf);
    const measures = [WORDS.firstCopy, WORDS.middleCopy, WORDS.lastCopy].map((words, copy) =>
      measureOf(words, startOf(source.bos), copy),
    );
    return { variants, measures };
  },
};

function rowOf(ids: readonly number[], variant: "recurring" | "new"): number[] {
  const { anchors, successors, others } = partsOfIds(ids, PARTS);
  return successors.flatMap((successor, place) => {
    const block = Math.floor(place / ANCHORS);
    const anchor = orderOfBlock(block)[place % ANCHORS]!;
    const anchorsOfBlock = variant === "new" && block === BLOCKS - 1 ? others : anchors;
    return [anchorsOfBlock[anchor]!, successor];
  });
}

function measureOf(words: (typeof WORDS)["firstCopy"], start: number, copy: number): SceneMeasure {
  const positionOf = (block: number, anchor: number) =>
    start + 2 * (block * ANCHORS + orderOfBlock(block).indexOf(anchor));
  const anchorAt = new Map(
    Array.from({ length: ANCHORS }, (_, anchor) => [positionOf(BLOCKS - 1, anchor), anchor]),
  );
  const table = queryMeanTable(start + LENGTH, [...anchorAt.keys()], (query) => [
    positionOf(copy, anchorAt.get(query)!) + 1,
  ]);
  return { ...words, tables: { recurring: table }, control: { new: table } };
}
