/** @file Studies of the library that are asked for rarely, in a script of their own that is fetched when the first is asked for. */
import { attention, verdict, why } from "induction-lens/browser";
import type { AnswerOptions } from "./answerOptions.ts";
import type { Held } from "./held.ts";
import { sayTooLong } from "./sequence.ts";
import type { Requests } from "./protocol.ts";

/** What the score of a cell is made of. The tokens are the page's, BOS among them where there is one. */
export async function whyOf(
  { ids, ...cell }: Requests["why"]["args"],
  { open }: Held,
  { signal, progress }: AnswerOptions,
): Promise<Requests["why"]["answer"]> {
  const { model, backend } = open;
  const answer = why(model, { backend, tokens: ids, ...cell, signal, progress });
  return answer.catch(sayTooLong(ids.length, open.facts));
}

export async function attentionOf(
  { ids, head, weighted }: Requests["attention"]["args"],
  { open }: Held,
  { signal, progress }: AnswerOptions,
): Promise<Requests["attention"]["answer"]> {
  const { model, backend } = open;
  const values = weighted ? "value-weighted" : "pattern";
  const answer = attention(model, {
    ...{ backend, tokens: [ids], heads: [head], values, signal, progress },
  });
  return answer.catch(sayTooLong(ids.length, open.facts));
}

export async function verdictOf(
  _: Requests["verdict"]["args"],
  { open }: Held,
  { signal, progress, givingWay, tellSoFar }: AnswerOptions,
): Promise<Requests["verdict"]["answer"]> {
  const { model, backend } = open;
  return verdict(model, { backend: givingWay(backend), signal, progress, soFar: tellSoFar });
}
