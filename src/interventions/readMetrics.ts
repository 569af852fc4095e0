/** @file From the trace of a run to one number per row and metric. */
import type { Tensor } from "../base/tensor.ts";
import type { MetricName } from "../results/causalNames.ts";
import type { Trace } from "../base/backend.ts";
import { metricValue } from "./metrics.ts";

/** One number for a row of a trace. */
export type ReadMetric = (trace: Trace, row: number, example: number) => number;

/**
 * How to read `name` off a trace. KL is the mean over positions of the sum over tokens of p (log p - log q) in nats, p
 * the probabilities of the clean run: 0 for the clean run itself.
 *
 * @param clean trace of the clean run of the same examples
 */
export function metricReader(name: MetricName, clean: Trace): ReadMetric {
  if (name !== "kl") return (trace, row) => trace.get(metricValue(name))!.data[row]!;
  const reference = clean.get(metricValue(name))!;
  const probabilities = Float32Array.from(reference.data, Math.exp);
  return (trace, row, example) =>
    divergence(trace.get(metricValue(name))!, row, reference, probabilities, example);
}

/** Axes of both: [batch, position, d_vocab]. */
function divergence(
  { data, shape }: Tensor,
  row: number,
  reference: Tensor,
  probabilities: Float32Array,
  example: number,
): number {
  const size = data.length / shape[0]!;
  let sum = 0;
  for (let index = 0; index < size; index++) {
    const place = example * size + index;
    sum += probabilities[place]! * (reference.data[place]! - data[row * size + index]!);
  }
  return sum / shape[1]!;
}
