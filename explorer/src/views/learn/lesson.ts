/** @file What the lessons speak of: a short sequence that repeats, and the heads of the model that play a part. */
import { useMemo } from "preact/hooks";
import type { HeadAt, ScoreName, ScoreResult } from "induction-lens/browser";
import type { Captured, ModelFacts, Sequence } from "../../engine/protocol.ts";
import { useAnswer, usePage } from "../../page/page.ts";
import { shownToken } from "../../parts/shownToken.ts";
import { inductionHeads } from "../../parts/headWords.ts";

export interface Lesson {
  readonly facts: ModelFacts;
  readonly score: ScoreResult;
  readonly sequence: Sequence;
  /** The last position from which there is a next token: in the second copy, so induction can tell it. */
  readonly query: number;
  /** Where an induction head looks from there: after the earlier copy of its token. */
  readonly target: number;
  /** The head with the highest score of its kind; the previous-token head lies before the induction head. */
  readonly induction: HeadAt;
  readonly previous: HeadAt | null;
  /** All heads that attend like induction heads with half of their attention or more, the best first. */
  readonly alike: readonly HeadAt[];
  readonly tokenAt: (position: number) => string;
}

const PERIOD = 6;

/** The lessons' material, once the model is open. */
export function useLesson(): { readonly lesson: Lesson | null; readonly error: string | null } {
  const { engine, facts, score, live } = usePage();
  const sequence = useAnswer(live ? engine : null, "sequence", {
    text: null,
    period: PERIOD,
    seed: 1,
  });
  const lesson = useMemo(
    () => (facts && score && sequence.answer ? lessonOf(facts, score, sequence.answer) : null),
    [facts, score, sequence.answer],
  );
  return { lesson, error: sequence.error };
}

function lessonOf(facts: ModelFacts, score: ScoreResult, sequence: Sequence): Lesson {
  const { start, period } = sequence.repeats!;
  const induction = bestHead(score, "induction", facts.layers)!;
  const query = start + 2 * period - 2;
  return {
    facts,
    score,
    sequence,
    query,
    target: query - period + 1,
    induction,
    previous: bestHead(score, "previousToken", induction.layer),
    alike: inductionHeads(score.scores),
    tokenAt: (position) => shownToken(sequence.pieces[position]!),
  };
}

/** The head that scores highest, of the layers before `end`. */
export function bestHead({ scores }: ScoreResult, name: ScoreName, end: number): HeadAt | null {
  const heads = scores[name]
    .slice(0, end)
    .flatMap((row, layer) => row.map((value, head) => ({ layer, head, value })));
  return heads.toSorted((a, b) => b.value - a.value)[0] ?? null;
}

/** `length` numbers of a value that begin at the entry with these indices. */
export function entry(
  { shape, data }: Captured,
  indices: readonly number[],
  length: number,
): Float32Array {
  const start = indices.reduce((at, index, axis) => at * shape[axis]! + index, 0);
  const inner = shape.slice(indices.length).reduce((product, size) => product * size, 1);
  return data.subarray(start * inner, start * inner + length);
}
