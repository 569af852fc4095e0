/** @file What the loss does while the heads form. */
import type { PhaseChange, PhaseCurves, PhaseResult } from "./result.ts";

/** The change of a curve over these steps, null for none or too few. */
export type ChangeIn = (steps: readonly number[], values: readonly number[]) => PhaseChange | null;

/** A log with fewer lines is not looked at. */
const FEWEST_LINES = 20;

/**
 * The sudden part of the fall of the loss, and how far the loss of the first copy rises before it finds its level: a model
 * that begins to copy bets on repeats everywhere.
 *
 * The curve is the run's own log where it has one, else the mean loss of both copies.
 *
 * @returns null without losses
 * @see Olsson et al. 2022, the bump in the loss curve while induction heads form
 */
export function lossBump(
  steps: readonly number[],
  { loss, training }: PhaseCurves,
  change: PhaseChange | null,
  changeIn: ChangeIn,
): PhaseResult["bump"] {
  if (!loss) return null;
  const own = training && training.steps.length >= FEWEST_LINES ? training : null;
  const mean = loss.firstCopy.map((first, index) => (first + loss.secondCopy[index]!) / 2);
  const [curve, at, values] = own
    ? [own.what, own.steps, own.loss]
    : ["mean loss of both copies", steps, mean];
  const step = changeIn(at, values);
  const fall = step && step.effectSize < 0 ? step : null;
  return {
    curve,
    change: fall,
    withChange:
      fall !== null && change !== null && fall.low <= change.high && change.low <= fall.high,
    overshoot: overshootOf(steps, loss.firstCopy),
  };
}

/** max over checkpoints of loss - the least loss before. */
function overshootOf(steps: readonly number[], losses: readonly number[]) {
  let least = Infinity;
  let most = { step: steps[0]!, nats: 0 };
  losses.forEach((loss, index) => {
    least = Math.min(least, loss);
    if (loss - least > most.nats) most = { step: steps[index]!, nats: loss - least };
  });
  return most;
}
