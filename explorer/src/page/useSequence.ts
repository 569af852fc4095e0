import { useAnswer } from "./answer.ts";
import { usePage } from "./page.ts";

/** The tokens that the page's state says, once the open model has read them. */
export function useSequence() {
  const { engine, state, live } = usePage();
  const { text, period, seed } = state;
  return useAnswer(live ? engine : null, "sequence", { text, period, seed });
}

/** The position asked for, or the last one from which there is something to guess. */
export function positionIn(length: number, at: number | null): number {
  return at === null || at >= length ? length - 2 : at;
}
