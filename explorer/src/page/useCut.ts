import type { HeadEdit } from "induction-lens/browser";
import { usePage } from "./page.ts";
import type { Cut } from "../engine/protocol.ts";
import { useAnswer, type AnswerState } from "./answer.ts";
import { positionIn, useSequence } from "./useSequence.ts";

/** What the model does with these edits; null: nothing is asked. `times` as many sequences as one forward pass takes. */
export function useCut(
  edits: readonly HeadEdit[] | null,
  at: number | null = null,
  times: number = 1,
): AnswerState<Cut> {
  const { engine, live } = usePage();
  const ready = live && edits !== null;
  const sequence = useSequence().answer;
  const args =
    ready && sequence ? { edits, sequence, at: positionIn(sequence.ids.length, at), times } : null;
  const cut = useAnswer(engine, "cut", args);
  return { ...cut, busy: cut.busy || (ready && args === null) };
}

/** The reader's token, else the one after which these changes take most from the right guess; null while that is looked for. */
export function useChangedAt(edits: readonly HeadEdit[], token: number | null) {
  const { engine, live } = usePage();
  const sequence = useSequence().answer;
  const length = sequence?.ids.length;
  const isChosen = length !== undefined && token !== null && token < length;
  const isAsked = live && sequence !== null && !isChosen && edits.length > 0;
  const { answer, error } = useAnswer(engine, "mostChanged", isAsked ? { edits, sequence } : null);
  if (length === undefined) return { at: null, error };
  return { at: isAsked ? (answer?.at ?? null) : positionIn(length, token), error };
}
