/** @file The main picture: the induction score of every head. */
import type { ScoreResult } from "./result.ts";
import type { HeadMap } from "../../draw/headMap.ts";
import { share } from "../../draw/numbers.ts";
import { inputWords, intervalWords, modelWords, standingOut, topWords } from "./viewWords.ts";
import { shortened } from "../../draw/visible.ts";

/** Characters of a model's name that a picture has room for; pages and files have all of it. */
const LONGEST_ID = 120;
const LONGEST_LINE = 300;

/** The heat map of `scores.induction`, with the top heads outlined and the score of uniform attention on the scale. */
export function scoreHeadMap(result: ScoreResult): HeadMap {
  const { scores, uniform, model, verdictInWords } = result;
  const short = { ...result, model: { ...model, id: shortened(model.id, LONGEST_ID) } };
  const marked = standingOut(result);
  const topHeads = topWords(result).map((words) => words.replaceAll(" ", "\u00a0"));
  return {
    title: "Induction score by head",
    subtitle: [modelWords(short), inputWords(result)].map((line) => shortened(line, LONGEST_LINE)),
    values: scores.induction,
    scale: { kind: "sequential", bound: 1 },
    scaleLabel: "mean attention weight to the token after the previous copy (0 to 1)",
    marked: {
      heads: marked,
      label: marked.length === 1 ? "top head" : `top ${marked.length} heads`,
    },
    reference: {
      value: uniform.induction,
      label: `uniform attention scores ${share(uniform.induction)}`,
    },
    notes: [`Top heads (layer.head): ${topHeads.join(" · ")}; ${intervalWords(result)}.`],
    description: `${verdictInWords} Top heads: ${topWords(result).join("; ")}.`,
  };
}
