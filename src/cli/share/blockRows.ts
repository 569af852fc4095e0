import { drawnTokens } from "../../models/drawnTokens.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import { repeatedTokens } from "../../text/patterns/repeatedTokens.ts";

interface BlockChoice {
  /** Tokens of a block, or as many fewer as the model has room and tokens for. */
  readonly period: number;
  readonly seed: number;
  readonly examples: number;
}

/** Rows `[BOS] r r` of ordinary tokens of the model, as the page draws them. */
export function blockRows(
  architecture: LoadedModel["architecture"],
  { period: most, seed, examples }: BlockChoice,
): number[][] {
  const { bosToken: bos, contextLength } = architecture;
  const { ids: ordinary } = drawnTokens(architecture);
  const room = Math.floor((contextLength - (bos === null ? 0 : 1)) / 2);
  const period = Math.min(most, ordinary.length, room);
  const { tokens } = repeatedTokens({ seed, examples, period, bos, ordinary });
  const length = tokens.shape[1]!;
  return Array.from({ length: examples }, (_, row) => [
    ...tokens.data.subarray(row * length, (row + 1) * length),
  ]);
}
