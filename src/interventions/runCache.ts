/** @file Saved values of runs that a study looks at more than once. */
import { sizeOf, type Tensor } from "../base/tensor.ts";

type State = ReadonlyMap<string, Tensor>;

/** Bytes of saved values that are kept for a second look where memory has no other bound; beyond them runs are made again. */
export const CACHE_BYTES = 192 * 1024 * 1024;

/** Makes each run once as long as what it saved fits beside the others, and again from then on. */
export function runCache<Run extends { readonly states: readonly State[] }>(most: number) {
  const runs = new Map<string, Run>();
  let bytes = 0;
  return async (key: string, make: () => Promise<Run>): Promise<Run> => {
    const cached = runs.get(key);
    if (cached) return cached;
    const run = await make();
    const size = run.states.reduce((total, state) => total + bytesOf(state), 0);
    if (bytes + size <= most) {
      bytes += size;
      runs.set(key, run);
    }
    return run;
  };
}

function bytesOf(state: State): number {
  return [...state.values()].reduce((total, { shape }) => total + 4 * sizeOf(shape), 0);
}
