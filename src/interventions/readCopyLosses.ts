import type { Trace } from "../base/backend.ts";
import { metricValue } from "./metrics.ts";

/** Mean losses of tokens 2 ... S of each copy, one per example, in nats. */
export interface CopyLossesByExample {
  readonly firstCopy: Float64Array;
  readonly secondCopy: Float64Array;
}

/** Losses of the first and the second copy from row `row` of a trace of token losses, whose first half is the first copy's. */
export function readCopyLosses(trace: Trace, row: number): [number, number] {
  const { data, shape } = trace.get(metricValue("token-loss"))!;
  const half = shape[1]! / 2;
  const mean = (start: number) =>
    data.subarray(start, start + half).reduce((sum, loss) => sum + loss, 0) / half;
  return [mean(row * 2 * half), mean(row * 2 * half + half)];
}
