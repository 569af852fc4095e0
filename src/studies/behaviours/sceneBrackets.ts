/** @file Brackets within brackets between random words: heads that look at the bracket that is open. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import { isBareWord, markedRows } from "./markedRows.ts";
import { startOf, type Scene } from "./scene.ts";

/** A row: words `x`, brackets, twice with either kind outside. */
const SHAPE = "xx(xxx[xxx]xxxxxx)xx[xxx(xxx)xxxxxx]xx";
const LENGTH = SHAPE.length;

const SOURCE =
  "no published score that we know of; the key is the innermost bracket that is open, not the last one";

const WORDS = {
  openBracket: {
    name: "openBracket",
    title: "open bracket",
    formula:
      "mean of A[q, k], q a word within brackets (two tokens or more after one), k the innermost bracket open at q",
    source: SOURCE,
    kind: "share",
  },
  matchingBracket: {
    name: "matchingBracket",
    title: "matching bracket",
    formula: "mean of A[q, k], q a closing bracket, k the bracket that it closes",
    source: SOURCE,
    kind: "share",
  },
} as const;

/** Words with brackets within brackets, and the same words with words in place of all brackets. */
export const BRACKETS: Scene = {
  name: "brackets",
  layout: "random words with ( [ ] ) and [ ( ) ], or words in place of the brackets",
  behaviours: Object.keys(WORDS),
  rows: (source) => {
    const variants = markedRows(source, SHAPE, "brackets");
    if (typeof variants === "string") return variants;
    const start = startOf(source.bos);
    const measure = (queries: readonly (readonly [number, number])[]) => {
      const keyOf = new Map(queries.map(([query, key]) => [start + query, start + key]));
      const table = queryMeanTable(start + LENGTH, [...keyOf.keys()], (query) => [
        keyOf.get(query)!,
      ]);
      return { tables: { brackets: table }, control: { words: table } };
    };
    const { within, closing } = bracketPairs();
    return {
      variants,
      measures: [
        { ...WORDS.openBracket, ...measure(within) },
        { ...WORDS.matchingBracket, ...measure(closing) },
      ],
    };
  },
};

/** Queries with their keys: words by the innermost bracket that is open, closing brackets by the one that they close. */
function bracketPairs() {
  const within: [number, number][] = [];
  const closing: [number, number][] = [];
  const open: number[] = [];
  for (let at = 0; at < LENGTH; at++) {
    const sign = SHAPE[at]!;
    if (sign === "(" || sign === "[") open.push(at);
    else if (sign === ")" || sign === "]") closing.push([at, open.pop()!]);
    else if (open.length > 0 && isBareWord(SHAPE, at)) within.push([at, open.at(-1)!]);
  }
  return { within, closing };
}
