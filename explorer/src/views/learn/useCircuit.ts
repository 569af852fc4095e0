/** @file The data of the lesson on circuits: its numbers with the cut that is chosen, and what came of the cuts that were tried. */
import { useState } from "preact/hooks";
import type { HeadAt } from "induction-lens/browser";
import { zeroHeads } from "../../engine/edits.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { useLooks, type Lesson } from "../../parts/lesson.ts";

/** What can be cut: the head that looks back, the one that matches, or all that match. */
export const WAYS = ["previous", "best", "all"] as const;
type Way = (typeof WAYS)[number];
export type Circuit = ReturnType<typeof useCircuit>;

/** Attention of both heads where the circuit needs it, and the probability of the next token; null while they are on their way. */
export interface Numbers {
  readonly back: number | null;
  readonly match: number | null;
  readonly copied: number | null;
}

/** The numbers of the lesson with the cut that is chosen, and the cuts themselves. */
export function useCircuit(lesson: Lesson, previous: HeadAt) {
  const { sequence, query, induction, alike } = lesson;
  const { engine } = usePage();
  const [chosen, cut] = useState<Way | null>(null);
  const [trials, remember] = useState<readonly Way[]>([]);
  const heads: Readonly<Record<Way, readonly HeadAt[]>> = {
    previous: [previous],
    best: [induction],
    all: alike.length > 1 ? alike : [induction],
  };
  const cutHeads = chosen ? heads[chosen] : [];
  const edits = zeroHeads(cutHeads);
  const looks = useLooks(lesson, edits);
  const looksBefore = useLooks(lesson, []);
  const at = { sequence, at: query };
  const now = useAnswer(engine, "cut", { edits, ...at });
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const argsOf = (way: Way) =>
    trials.includes(way) ? { edits: zeroHeads(heads[way]), ...at } : null;
  return {
    heads,
    chosen,
    cutHeads,
    numbers: { ...looks, copied: now.answer?.truth?.probability ?? null } satisfies Numbers,
    /** The attention of the second head with no cut. */
    matchBefore: looksBefore.match,
    guess: now.answer?.guesses[0] ?? null,
    isBusy: now.busy,
    whole,
    tried: {
      previous: {
        heads: heads.previous,
        after: useAnswer(engine, "cut", argsOf("previous")).answer,
      },
      best: { heads: heads.best, after: useAnswer(engine, "cut", argsOf("best")).answer },
      all: { heads: heads.all, after: useAnswer(engine, "cut", argsOf("all")).answer },
    },
    toggle: (way: Way) => {
      cut(chosen === way ? null : way);
      remember([...new Set([...trials, way])]);
    },
  };
}
