/** @file Full stops and commas between random words: heads that look at the last one, or rest on the first. */
import { queryMeanTable } from "../../measure/weightTable.ts";
import { isBareWord, markedRows } from "./markedRows.ts";
import { startOf, type Scene } from "./scene.ts";

const SHAPE = "xxxxx.xxxxxxx,xxxx.xxxxxxxx,xxxxx.xxxxxx";
const LENGTH = SHAPE.length;

const words = (name: string, title: string, which: string) => ({
  name,
  title,
  formula: `mean of A[q, k], q a word after at least two marks, the last of them two tokens before or more, k the ${which} mark`,
  source:
    "delimiters gather attention in many models; no published score tells the last from the first",
  kind: "share" as const,
});

const WORDS = {
  last: words("lastDelimiter", "last delimiter", "last"),
  first: words("firstDelimiter", "first delimiter", "first"),
};

/** Words with full stops and commas at uneven distances, and the same with words in place of the marks. */
export const DELIMITERS: Scene = {
  name: "delimiters",
  layout:
    "random words with full stops and commas at uneven distances, or words in place of the marks",
  behaviours: Object.values(WORDS).map(({ name }) => name),
  rows: (source) => {
    const variants = markedRows(source, SHAPE, "marks");
    if (typeof variants === "string") return variants;
    const measures = [WORDS.last, WORDS.first].map((measure, index) => {
      const table = tableOf(startOf(source.bos), index === 0);
      return { ...measure, tables: { marks: table }, control: { words: table } };
    });
    return { variants, measures };
  },
};

function tableOf(start: number, last: boolean) {
  const marks = [...SHAPE].flatMap((sign, at) => (sign === "x" ? [] : [at]));
  const before = (at: number) => marks.filter((mark) => mark < at);
  const queries = [...SHAPE]
    .map((_, at) => at)
    .filter((at) => before(at).length >= 2 && isBareWord(SHAPE, at));
  return queryMeanTable(
    start + LENGTH,
    queries.map((at) => start + at),
    (query) => {
      const keys = before(query - start);
      return [start + (last ? keys.at(-1)! : keys[0]!)];
    },
  );
}
