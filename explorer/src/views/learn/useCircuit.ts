/** @file The data of the lesson on circuits: its numbers with the cut that is chosen, and what came of the cuts that were tried. */
import { useState } from "preact/hooks";
import type { HeadAt, HeadEdit } from "induction-lens/browser";
import type { Look } from "../../engine/protocol.ts";
import { usePage } from "../../page/page.ts";
import { useAnswer } from "../../page/answer.ts";
import { patternOf } from "../../parts/pattern.ts";
import type { Lesson } from "../../parts/lesson.ts";

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

/** Attention is asked for before the cuts: the engine answers in order, so a cut's words never have the attention of another. */
export function useCircuit(lesson: Lesson, previous: HeadAt) {
  const { sequence, query, target, induction, alike } = lesson;
  const { engine } = usePage();
  const [chosen, cut] = useState<Way | null>(null);
  const [tried, remember] = useState<readonly Way[]>([]);
  const heads: Readonly<Record<Way, readonly HeadAt[]>> = {
    previous: [previous],
    best: [induction],
    all: alike.length > 1 ? alike : [induction],
  };
  const cutHeads = chosen ? heads[chosen] : [];
  const edits = zeroed(cutHeads);
  const attention = useAttention(lesson, previous, edits);
  const look = useAnswer(engine, "look", { ids: sequence.ids, layer: induction.layer }).answer;
  const at = { sequence, at: query };
  const now = useAnswer(engine, "cut", { edits, ...at });
  const whole = useAnswer(engine, "cut", { edits: [], ...at }).answer;
  const argsOf = (way: Way) => (tried.includes(way) ? { edits: zeroed(heads[way]), ...at } : null);
  return {
    heads,
    chosen,
    cutHeads,
    numbers: { ...attention, copied: now.answer?.truth?.probability ?? null } satisfies Numbers,
    /** The attention of the second head with no cut. */
    matchBefore: look && patternOf(look, induction.head, false).weight(query, target),
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
      remember([...new Set([...tried, way])]);
    },
  };
}

/** Both heads with the cut. */
function useAttention(
  { sequence, query, target, induction }: Lesson,
  previous: HeadAt,
  edits: readonly HeadEdit[],
): Omit<Numbers, "copied"> {
  const { engine } = usePage();
  const { ids } = sequence;
  const firstLook = useAnswer(engine, "look", { ids, layer: previous.layer, edits }).answer;
  const secondLook = useAnswer(engine, "look", { ids, layer: induction.layer, edits }).answer;
  const weight = (look: Look | null, head: number, from: number, to: number) =>
    look && patternOf(look, head, false).weight(from, to);
  return {
    back: weight(firstLook, previous.head, target, target - 1),
    match: weight(secondLook, induction.head, query, target),
  };
}

function zeroed(heads: readonly HeadAt[]): HeadEdit[] {
  return heads.map(({ layer, head }) => ({ layer, head, kind: "zero" }));
}
