import type { HeadEdit } from "induction-lens/browser";
import { usePage } from "./page.ts";
import { useAnswer } from "./answer.ts";
import { positionIn, useSequence } from "./useSequence.ts";

/** What the model does with these edits; null: nothing is asked. `times` as many sequences as one forward pass takes. */
export function useCut(
  edits: readonly HeadEdit[] | null,
  at: number | null = null,
  times: number = 1,
) {
  const { engine, live } = usePage();
  const ready = live && edits !== null;
  const sequence = useSequence().answer;
  const args =
    ready && sequence ? { edits, sequence, at: positionIn(sequence.ids.length, at), times } : null;
  const cut = useAnswer(engine, "cut", args);
  return { ...cut, busy: cut.busy || (ready && args === null) };
}
