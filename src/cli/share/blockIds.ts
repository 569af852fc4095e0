import { blockRows, type BlockChoice } from "../../inputs/blockRows.ts";
import type { Architecture } from "../../models/family.ts";

interface BlocksChoice extends Omit<BlockChoice, "examplesFor"> {
  readonly examples: number;
}

/** Rows `[BOS] r r` of ordinary tokens of the model, as the page draws them, each as its ids. */
export function blockIds(
  architecture: Architecture,
  { examples, ...choice }: BlocksChoice,
): number[][] {
  const { tokens } = blockRows(architecture, { ...choice, examplesFor: () => examples });
  const length = tokens.shape[1]!;
  return Array.from({ length: examples }, (_, row) => [
    ...tokens.data.subarray(row * length, (row + 1) * length),
  ]);
}
