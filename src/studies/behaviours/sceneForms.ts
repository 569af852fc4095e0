/** @file A word that comes again in another form (` house`, `house`): whether induction finds the word or the token. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import {
  countOf,
  doesNotFit,
  needsWords,
  orderOfBlock,
  partsOfIds,
  startOf,
  variantRows,
  type Scene,
} from "./scene.ts";
import type { FormPair } from "./vocabulary.ts";

const WORDS_IN_ROW = 6;
const LENGTH = 5 * WORDS_IN_ROW; // word successor filler, and later word filler
const PARTS = { successors: WORDS_IN_ROW, fillers: WORDS_IN_ROW, later: WORDS_IN_ROW };

const SOURCE =
  "fuzzy induction, as in HeadVis and nat-induction-heads, where tokens agree by their embeddings; here they are forms of one word";

const WORDS = {
  wordInduction: {
    name: "wordInduction",
    title: "word induction",
    formula: "mean of A[q, k], q a word that came before as the same token, k what followed it",
    source: "induction on words in place of random tokens",
    kind: "share",
  },
  fuzzyInduction: {
    name: "fuzzyInduction",
    title: "fuzzy induction",
    formula:
      "mean of A[q, k], q a word that came before in another form (space before it, capital), k what followed it",
    source: SOURCE,
    kind: "share",
  },
} as const;

type Variant = "same" | "otherForm" | "otherWord";

/** Six words, each before a random token, and again in another order: as they were, in another form, or other words. */
export const FORMS: Scene = {
  name: "forms",
  layout:
    "six words, each before a random token and a filler; then in another order the same tokens, the words in another form, or other words",
  behaviours: Object.keys(WORDS),
  rows: (source) => {
    const { words } = source;
    if (!words) return needsWords();
    const pairs = words.forms;
    if (pairs.length < 2 * WORDS_IN_ROW)
      return `the tokenizer has ${pairs.length} words in two forms, and rows take ${2 * WORDS_IN_ROW}`;
    const inForms = new Set(pairs.flat());
    const others = { ...source, ordinary: words.letters.filter((id) => !inForms.has(id)) };
    const why = doesNotFit(others, { length: LENGTH, distinct: countOf(PARTS) });
    if (why !== null) return why;
    const names = ["same", "otherForm", "otherWord"] as const;
    const variants = variantRows(others, countOf(PARTS), names, (ids, variant, stream) => {
      const chosen = stream.distinct(2 * WORDS_IN_ROW, pairs.length).map((at) => pairs[at]!);
      return rowOf(ids, variant, chosen);
    });
    const table = tableOf(startOf(source.bos));
    const control = { otherWord: table };
    return {
      variants,
      measures: [
        { ...WORDS.wordInduction, tables: { same: table }, control },
        { ...WORDS.fuzzyInduction, tables: { otherForm: table }, control },
      ],
    };
  },
};

/** @param words twice as many as stand in a row: the second half is there where others are asked for */
function rowOf(ids: readonly number[], variant: Variant, words: readonly FormPair[]): number[] {
  const { successors, fillers, later } = partsOfIds(ids, PARTS);
  const form = (word: number, other: boolean) => words[word]![(word + (other ? 1 : 0)) % 2]!;
  const first = successors.flatMap((id, word) => [form(word, false), id, fillers[word]!]);
  const again = orderOfBlock(1).flatMap((word) => {
    const asksFor = variant === "otherWord" ? word + WORDS_IN_ROW : word;
    return [form(asksFor, variant !== "same"), later[word]!];
  });
  return [...first, ...again];
}

function tableOf(start: number) {
  const order = orderOfBlock(1);
  const first = start + 3 * WORDS_IN_ROW;
  const queries = order.map((_, slot) => first + 2 * slot);
  return queryMeanTable(start + LENGTH, queries, (query) => [
    start + 3 * order[(query - first) / 2]! + 1,
  ]);
}
