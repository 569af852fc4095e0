import type { HeadEdit } from "induction-lens/browser";
import { usePage } from "./page.ts";
import { useAnswer } from "./answer.ts";

/** What the model does with these edits; null: nothing is asked. `times` as many sequences as one forward pass takes. */
export function useCut(
  edits: readonly HeadEdit[] | null,
  at: number | null = null,
  times: number = 1,
) {
  const { engine, state, live } = usePage();
  const { text, period, seed } = state;
  const ready = live && edits !== null;
  const sequence = useAnswer(ready ? engine : null, "sequence", { text, period, seed }).answer;
  const args =
    ready && sequence ? { edits, sequence, at: within(at, sequence.ids.length), times } : null;
  const cut = useAnswer(engine, "cut", args);
  return { ...cut, busy: cut.busy || (ready && args === null) };
}

/** The position asked for, or the last one from which there is something to guess. */
function within(at: number | null, length: number): number {
  return at === null || at >= length ? length - 2 : at;
}
