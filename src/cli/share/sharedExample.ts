/** @file The short sequence on which a model shows induction best, with the attention of the two heads that make it. */
import type { Backend } from "../../base/backend.ts";
import type { Progress } from "../../base/progress.ts";
import { bestHead } from "../../measure/bestHead.ts";
import { repeatedPlaces } from "../../measure/repeatedPlaces.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { attention } from "../../studies/attention/attention.ts";
import type { AttentionResult } from "../../studies/attention/result.ts";
import { weightOf, type ArcsPlace } from "../../studies/attention/viewArcs.ts";
import type { ScoreResult } from "../../studies/score/result.ts";
import { blockIds } from "./blockIds.ts";

export interface SharedExample {
  readonly result: AttentionResult;
  readonly place: ArcsPlace;
}

interface Lent {
  readonly backend: Backend;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Sentences in which something comes twice. */
const SENTENCES = [
  "Mr and Mrs Dursley lived there. Mr and Mrs Dursley",
  "The owl found the key. Then the owl found the key",
  "Anna Karlov met Tom. Later Tom met Anna Karlov",
];
const BLOCKS = { period: 6, seed: 0, examples: 16 };

/**
 * Of sentences (where the model reads text) or random blocks, the place where the smaller of two numbers is largest: the
 * attention of the best induction head from the query to the target, and that of the best previous-token head before it from the
 * target to the token before.
 */
export async function sharedExample(
  model: LoadedModel,
  score: ScoreResult,
  lent: Lent,
): Promise<SharedExample | null> {
  const induction = score.top[0];
  if (!induction) return null;
  const first = { layer: induction.layer, head: induction.head };
  const previous = bestHead(score.scores.previousToken, first.layer);
  const heads = [first, ...(previous ? [previous] : [])];
  const isText = (await readableTokenizer(model)) !== null;
  const result = await attention(model, {
    ...(isText ? { texts: SENTENCES } : { tokens: blockIds(model.architecture, BLOCKS) }),
    heads,
    ...lent,
  });
  const places = result.sequences.flatMap(({ tokens }, sequence) =>
    repeatedPlaces(tokens).map(({ query, target }) => ({
      ...{ sequence, query, target, induction: first, previous },
      seam: isText ? null : tokens.length - (query - target + 1), // a block ends the row
    })),
  );
  const [best] = places.toSorted((a, b) => weightAt(result, b) - weightAt(result, a));
  return best ? oneSequence(result, best) : null;
}

function weightAt(result: AttentionResult, place: ArcsPlace): number {
  const { sequence, query, target, induction, previous } = place;
  const match = weightOf(result, sequence, induction, query, target);
  const back = previous && weightOf(result, sequence, previous, target, target - 1);
  return Math.min(match, back ?? 1);
}

/** The Result with the sequence of the place alone: that is what is kept. */
function oneSequence(result: AttentionResult, place: ArcsPlace): SharedExample {
  const heads = result.heads.filter(({ sequence }) => sequence === place.sequence);
  return {
    result: {
      ...result,
      sequences: [result.sequences[place.sequence]!],
      heads: heads.map((panel) => ({ ...panel, sequence: 0 })),
    },
    place: { ...place, sequence: 0 },
  };
}
