/** @file The four steps of induction with the model's numbers, and what a cut did to them, in words. */
import { headName, type HeadAt } from "induction-lens/browser";
import { headList } from "../../parts/headWords.ts";
import { conclusion, lossWords } from "./cutWords.ts";
import type { Lesson } from "./lesson.ts";
import type { Circuit, Numbers } from "./useCircuit.ts";

export interface Step {
  /** The token that the step is about, and the one that it looks at. */
  readonly at: number;
  readonly to: number;
  readonly words: string;
}

export function stepsOf(
  { query, target, induction, tokenAt }: Lesson,
  previous: HeadAt,
  { back, match, copied }: Numbers,
): readonly Step[] {
  return [
    {
      at: target,
      to: target - 1,
      words: `Previous token. At ${tokenAt(target)}, position ${target}, head ${headName(previous)} looks one back, at ${tokenAt(target - 1)}, with ${number(back)} of its attention.`,
    },
    {
      at: target,
      to: target,
      words: `Key. What it found is added to the stream of position ${target}. So the key that head ${headName(induction)} makes there says: what was before me is ${tokenAt(target - 1)}.`,
    },
    {
      at: query,
      to: target,
      words: `Match. Later ${tokenAt(query)} comes again, at ${query}. Its query asks: who had ${tokenAt(query)} before it? The key at ${target} answers, and gets ${number(match)} of the attention.`,
    },
    {
      at: query,
      to: target,
      words: `Copy. The value hands over which token stands at ${target}: ${tokenAt(target)}. The model's probability of ${tokenAt(query + 1)} as the next token becomes ${number(copied)}.`,
    },
  ];
}

/** What the chosen cut did, once it was measured; null before. */
export function resultWords(
  { induction, target }: Lesson,
  { chosen, cutHeads, tried, whole, isBusy, numbers }: Circuit,
): string | null {
  const lost = chosen && tried[chosen].after;
  if (!lost || !whole || isBusy) return null;
  const { match, copied } = numbers;
  const isCut = cutHeads.some((one) => headName(one) === headName(induction));
  const gives = isCut ? "still gives" : "gives";
  return `Without ${headList(cutHeads)}: head ${headName(induction)} ${gives} position ${target} ${number(match)} of its attention, and the next token gets a probability of ${number(copied)}; with all heads it gets ${number(whole.truth?.probability ?? null)}. ${lossWords(whole, lost)} ${conclusion({ whole, ...tried })}`;
}

function number(value: number | null): string {
  return value?.toFixed(3) ?? "…";
}
