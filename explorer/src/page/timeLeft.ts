/** @file How long a step still takes, from how long its last part took. */

/** Share of a step and time from which what is left can be told: in its first seconds the engine still warms up. */
const LEAST = { share: 0.1, milliseconds: 5000 };
/** The part that is looked at: the last third of the step so far, two seconds at least. */
const PART = { share: 1 / 3, milliseconds: 2000 };

interface Reading {
  readonly at: number;
  readonly share: number;
}

/** Follows steps one after the other; each begins at 0. */
export function timeLeft(now: () => number = () => performance.now()) {
  let step = "";
  let readings: Reading[] = [];
  /** `about 12 s left`, or nothing while that cannot be told. */
  return (name: string, share: number): string => {
    const last = { at: now(), share };
    if (name !== step || share < readings.at(-1)!.share) readings = [];
    step = name;
    readings.push(last);
    const first = readings[0]!;
    const elapsed = last.at - first.at;
    if (share - first.share < LEAST.share || elapsed < LEAST.milliseconds) return "";
    const part = Math.max(PART.milliseconds, PART.share * elapsed);
    const from = readings.findLast(({ at }) => at <= last.at - part) ?? first;
    const seconds = ((last.at - from.at) * (1 - share)) / (share - from.share) / 1000;
    return leftWords(seconds);
  };
}

function leftWords(seconds: number): string {
  if (!(seconds >= 1 && seconds < Infinity)) return "";
  return seconds < 90
    ? `about ${Math.round(seconds)} s left`
    : `about ${Math.round(seconds / 60)} min left`;
}
