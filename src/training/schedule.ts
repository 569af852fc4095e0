/** @file What changes with the step: the learning rate, and when the model is kept. */

/**
 * Linear from 0 to `learningRate` over the first `warmUp` steps, then half a cosine down to `floor` times it at `steps`.
 *
 * @param step from 1 to `steps`
 */
export function learningRateAt(
  step: number,
  {
    learningRate,
    warmUp,
    floor,
  }: { readonly learningRate: number; readonly warmUp: number; readonly floor: number },
  steps: number,
): number {
  if (step <= warmUp) return (learningRate * step) / warmUp;
  const done = (step - warmUp) / Math.max(1, steps - warmUp);
  return learningRate * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * done))) / 2);
}

/** 0, then up to `count` - 1 different steps from `steps` / 100 to `steps`, evenly spaced on a log scale; the last of one. */
export function logSpacedSteps(steps: number, count: number): number[] {
  if (!(count >= 1) || !(steps >= 1)) return [];
  if (count < 3) return [...new Set(count < 2 ? [steps] : [0, steps])];
  const first = Math.max(1, steps / 100);
  const rest = Math.floor(count) - 2;
  const spaced = Array.from({ length: rest + 1 }, (_, index) =>
    Math.round(first * (steps / first) ** (index / rest)),
  );
  return [...new Set([0, ...spaced])];
}
