/** @file The four steps of induction with the model's numbers, and what a cut did to them, in words. */
import { headName, type HeadAt } from "induction-lens/browser";
import { isSameHead } from "../../engine/edits.ts";
import type { Arc } from "../../parts/tokenArcs.tsx";
import { percent } from "../../parts/percent.ts";
import { cutLabel, headList } from "../../parts/headWords.ts";
import { conclusion, lossWords } from "./cutWords.ts";
import { FOUND, type Lesson } from "../../parts/lesson.ts";
import type { Circuit, Numbers } from "./useCircuit.ts";

export interface Step {
  readonly words: string;
  /** Arcs that the step adds to the picture. */
  readonly arcs: readonly Arc[];
  /** The note that is left under the target. */
  readonly isNoted?: boolean;
  /** The value is handed to the guess. */
  readonly isCopied?: boolean;
}

/** The steps with what is left of them once heads are cut. */
export function stepsOf(
  { query, target, induction, tokenAt }: Lesson,
  previous: HeadAt,
  { back, match, copied }: Numbers,
  cutHeads: readonly HeadAt[],
): readonly Step[] {
  const [first, second] = [headName(previous), headName(induction)];
  const isCut = (at: HeadAt) => cutHeads.some((cut) => isSameHead(cut, at));
  const owner = tokenAt(query);
  const isFound = match === null || match >= FOUND;
  const copyWords = isCut(induction)
    ? `Head ${second} is cut: it hands nothing on.`
    : isFound
      ? `Head ${second} hands on the value that it found at ${target}, which says ${tokenAt(target)}.`
      : `Head ${second} looks elsewhere, so it does not hand on ${tokenAt(target)}.`;
  return [
    {
      words: `One back. At ${nameOf(tokenAt, target)}, head ${first} looks one back, at ${tokenAt(target - 1)}, with ${percent(back)} of its attention.`,
      arcs: [
        {
          from: target,
          to: target - 1,
          weight: back ?? 0,
          role: "previous",
          label: `① ${isCut(previous) ? cutLabel(previous) : `head ${first} looks one back: ${percent(back)}`}`,
          words: `Head ${first}: ${nameOf(tokenAt, target)} looks at ${nameOf(tokenAt, target - 1)}, ${percent(back)}`,
          isCut: isCut(previous),
        },
      ],
    },
    {
      words: isCut(previous)
        ? `Note. Head ${first} is cut: it adds nothing to position ${target}, so there is no note.`
        : `Note. What it found is added to position ${target}: “before me came ${tokenAt(target - 1)}”. Head ${second} makes its key there from it.`,
      arcs: [],
      isNoted: !isCut(previous),
    },
    {
      words: `Match. Later ${owner} comes again, at ${query}. Head ${second} asks: what came after ${owner}? ${isFound ? "It finds the note" : "It does not find the answer"} at ${target} and gives it ${percent(match)} of its attention.`,
      arcs: [
        {
          from: query,
          to: target,
          weight: match ?? 0,
          role: "induction",
          label: `③ ${isCut(induction) ? cutLabel(induction) : `head ${second} asks “what came after ${owner}?”: ${percent(match)}`}`,
          words: `Head ${second}: ${nameOf(tokenAt, query)} looks at ${nameOf(tokenAt, target)}, ${percent(match)}`,
          isCut: isCut(induction),
        },
      ],
    },
    {
      words: `Copy. ${copyWords} The model gives ${tokenAt(query + 1)} a probability of ${percent(copied)} as the next token.`,
      arcs: [],
      isCopied: isFound && !isCut(induction),
    },
  ];
}

function nameOf(tokenAt: (position: number) => string, position: number): string {
  return `${tokenAt(position)} (position ${position})`;
}

/** What the chosen cut did, once it was measured; null before. */
export function resultWords({ induction, target }: Lesson, circuit: Circuit): string | null {
  const { chosen, cutHeads, tried: trials, whole, isBusy, numbers } = circuit;
  const lost = chosen && trials[chosen].after;
  const { match, copied } = numbers;
  const before = circuit.matchBefore;
  if (!lost || !whole || isBusy || match === null || before === null) return null;
  const looks =
    match < before - 0.1
      ? `head ${headName(induction)} gives position ${target} ${percent(match)} of its attention and no longer ${percent(before)}`
      : `head ${headName(induction)} still looks at position ${target} (${percent(match)})`;
  return `Without ${headList(cutHeads)}: ${looks}, and the next token gets a probability of ${percent(copied)}; with all heads it gets ${percent(whole.truth?.probability ?? null)}. ${lossWords(whole, lost)} ${conclusion({ whole, ...trials })}`;
}
