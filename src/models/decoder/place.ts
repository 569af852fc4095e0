import type { Name } from "../../graph/builder.ts";
import type { WeightLookup } from "./weights.ts";

/** Where a stack stands among others in one Program. */
export interface Place {
  /** Before the names of its values and weights: nothing, `encoder.`, `text.`... */
  readonly prefix: string;
  /** The symbol of its length, or the length where it is always the same. */
  readonly position: string | number;
  /** The input that its token ids come from. */
  readonly ids: Name;
  /** The symbol of its rows; left out: batch. */
  readonly batch?: string;
}

export const ALONE: Place = { prefix: "", position: "position", ids: "tokens" };

/** Sizes of what a stack holds for each row and position. */
export function streamSizes({ batch = "batch", position }: Place) {
  return { batch, position };
}

/** Token embeddings: the stack's own, or those that it shares with others. */
export function embeddingOf(w: WeightLookup, { prefix }: Place): Name | null {
  return w(`${prefix}embed.W_E`) ?? w("embed.W_E");
}

/** What a stack begins with: the value that each of its blocks reads, and what else they share. */
export interface EmbeddedStream {
  /** What the first block reads. */
  readonly stream: Name;
  /** Learned positions that queries and keys alone see (shortformer); null elsewhere. */
  readonly queryKeyPositions: Name | null;
}
