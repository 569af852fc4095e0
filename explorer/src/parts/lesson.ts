/** @file What the lessons speak of: a short sequence that repeats, and the heads of the model that play a part. */
import { useMemo } from "preact/hooks";
import type { HeadAt, HeadEdit, ScoreResult } from "induction-lens/browser";
import { bestHead } from "induction-lens/measure";
import type { CapturedValue, Example, Look, ModelFacts, Sequence } from "../engine/protocol.ts";
import { usePage } from "../page/page.ts";
import { useAnswer } from "../page/answer.ts";
import { inductionHeads, useSigns, type SignOf } from "./headSigns.ts";
import { patternOf } from "./pattern.ts";

export interface Lesson {
  readonly facts: ModelFacts;
  readonly score: ScoreResult;
  readonly sequence: Sequence;
  /** The last position from which there is a next token: in the second copy, so induction can tell it. */
  readonly query: number;
  /** Where an induction head looks from there: after the earlier copy of its token. */
  readonly target: number;
  /** Sequences among which this one shows most. */
  readonly trials: number;
  /** Of the heads that are called induction heads, or else of all, the one with the highest score; the previous-token head lies before it. */
  readonly induction: HeadAt;
  readonly previous: HeadAt | null;
  /** All heads that are called induction heads, the highest score first; empty where none is. */
  readonly alike: readonly HeadAt[];
  readonly tokenAt: (position: number) => string;
}

/** Attention from which the induction head is said to have found the target. */
export const FOUND = 0.5;

/** The lessons' material, once the model is open. */
export function useLesson(): { readonly lesson: Lesson | null; readonly error: string | null } {
  const { engine, facts, score, live, token } = usePage();
  const signOf = useSigns();
  const heads = useMemo(
    () => (facts && score && live ? headsOf(score, signOf) : null),
    [score, live, signOf],
  );
  const pair = heads && { induction: heads.induction, previous: heads.previous };
  const example = useAnswer(engine, "example", pair);
  const lesson = useMemo(
    () =>
      facts && score && heads && example.answer
        ? { facts, score, ...heads, ...materialOf(example.answer, token) }
        : null,
    [facts, score, heads, example.answer, token],
  );
  return { lesson, error: example.error };
}

/**
 * What both heads look at with these changes, where induction needs it: the previous-token head from the target to the token
 * before, the induction head from the query to the target; null while that is on its way.
 */
export function useLooks(lesson: Lesson, edits: readonly HeadEdit[]) {
  const { engine } = usePage();
  const { sequence, query, target, induction, previous } = lesson;
  const { ids, repeats } = sequence;
  const ask = (at: HeadAt) => ({ ids, layer: at.layer, edits, repeats });
  const first = useAnswer(engine, "look", previous && ask(previous)).answer;
  const second = useAnswer(engine, "look", ask(induction)).answer;
  const weight = (look: Look | null, at: HeadAt | null, from: number, to: number) =>
    look && at && patternOf(look, at.head, false).weight(from, to);
  return {
    back: weight(first, previous, target, target - 1),
    match: weight(second, induction, query, target),
  };
}

function headsOf({ scores }: ScoreResult, signOf: SignOf) {
  const alike = inductionHeads(scores, signOf);
  const induction = alike[0] ?? at(bestHead(scores.induction)!);
  const previous = bestHead(scores.previousToken, induction.layer);
  return { induction, previous: previous && at(previous), alike };
}

function at({ layer, head }: HeadAt): HeadAt {
  return { layer, head };
}

function materialOf(
  { sequence, query, target, trials }: Example,
  token: (piece: string) => string,
) {
  const tokenAt = (position: number) => token(sequence.pieces[position]!);
  return { sequence, query, target, trials, tokenAt };
}

/** `length` numbers of a value that begin at the entry with these indices. */
export function entry(
  { shape, data }: CapturedValue,
  indices: readonly number[],
  length: number,
): Float32Array {
  const start = indices.reduce((at, index, axis) => at * shape[axis]! + index, 0);
  const inner = shape.slice(indices.length).reduce((product, size) => product * size, 1);
  return data.subarray(start * inner, start * inner + length);
}
