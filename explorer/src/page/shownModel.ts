/** @file What of the page's state depends on the model that it is shown for. */
import { useCallback } from "preact/hooks";
import { hasWords, wordOf } from "induction-lens/report";
import type { ModelFacts } from "../engine/protocol.ts";
import { shownToken } from "../parts/shownToken.ts";
import { NONE, type PageState } from "./address.ts";
import type { ModelState } from "./model.ts";

/** How a token of the model is read: text as it is, numbers as words where it has few and the reader has not asked for numbers. */
export function useToken(facts: ModelFacts | null, asIds: boolean): (piece: string) => string {
  const asWords = facts !== null && hasWords(facts) && !asIds;
  return useCallback(
    (piece: string) => (asWords ? wordOf(Number(piece)) : shownToken(piece)),
    [asWords],
  );
}

/** The state with a head that the model has: the reader's, else the one that attends most like an induction head. */
export function withHead(
  state: PageState,
  { facts, score }: Pick<ModelState, "facts" | "score">,
): PageState {
  if (facts?.kind === "stacks") return state; // each part has heads of its own
  const layers = facts?.layers ?? score?.model.layers;
  const heads = facts?.headsByLayer[state.layer] ?? score?.scores.induction[state.layer]?.length;
  const isThere =
    state.layer !== NONE.layer &&
    (layers === undefined || state.layer < layers) &&
    (heads === undefined || state.head < heads);
  if (isThere) return state;
  const { layer, head } = score?.top[0] ?? { layer: 0, head: 0 };
  return { ...state, layer, head };
}
