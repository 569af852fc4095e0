/** @file What heads write on average over reference rows, which ablations put in their place. */
import type { Tensor } from "../base/tensor.ts";
import type { Chain } from "./chain.ts";
import type { State } from "./chainRun.ts";
import { chunksOf } from "./chunks.ts";
import { meansOverRows } from "./meansOverRows.ts";
import type { Point } from "./points.ts";
import { takeRows, valueOf } from "./rows.ts";
import { atOutputs } from "./savedRun.ts";

/** Mean of hook_z over the reference rows by name, [1, position, head, d_head]. */
export type MeanOutputs = ReadonlyMap<string, Tensor>;

/**
 * Runs the reference rows once, as far as the last head.
 *
 * @param progress told how many more rows are done
 */
export async function meanOutputs(
  chain: Chain,
  reference: Tensor<Int32Array>,
  progress?: (rows: number) => void,
): Promise<MeanOutputs> {
  const rows = reference.shape[0]!;
  const means = meansOverRows();
  const first = chain.points[0]!;
  const last = chain.points.filter(atOutputs).at(-1)!;
  const take = (point: Point, state: State) => {
    if (atOutputs(point)) means.add(point.name, valueOf(state, point.name));
    return state;
  };
  for (const chunk of chunksOf(rows, chain.rows)) {
    const begin = await chain.embed(takeRows(reference, chunk));
    await chain.advance(take(first, begin), first.name, last.name, take);
    progress?.(chunk.length);
  }
  return means.means();
}
