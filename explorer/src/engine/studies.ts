/** @file Studies of the library that are asked for rarely, in a script of their own. */
import { attention, verdict, why } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import { holding } from "./holding.ts";
import type { Requests } from "./protocol.ts";

/** What the score of a cell is made of. The tokens are the page's, BOS among them where there is one. */
export async function whyOf(
  { ids, ...cell }: Requests["why"]["args"],
  { signal, progress }: AnswerOptions,
): Promise<Requests["why"]["answer"]> {
  const { model, backend } = holding();
  return why(model, { backend, tokens: ids, ...cell, signal, progress });
}

export async function attentionOf(
  { ids, head, weighted }: Requests["attention"]["args"],
  { signal, progress }: AnswerOptions,
): Promise<Requests["attention"]["answer"]> {
  const { model, backend } = holding();
  const values = weighted ? "value-weighted" : "pattern";
  return attention(model, { backend, tokens: [ids], heads: [head], values, signal, progress });
}

export async function verdictOf({
  signal,
  progress,
}: AnswerOptions): Promise<Requests["verdict"]["answer"]> {
  const { model, backend } = holding();
  return verdict(model, { backend, signal, progress });
}
