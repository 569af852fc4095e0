/** @file How long a step still takes, from how long its first part took. */

/** Share of a step and time from which what is left can be told. */
const LEAST = { share: 0.1, milliseconds: 2000 };

/** Follows steps one after the other; each begins at 0. */
export function timeLeft(now: () => number = () => performance.now()) {
  let current = { step: "", began: 0, from: 0 };
  /** `about 12 s left`, or nothing while that cannot be told. */
  return (step: string, share: number): string => {
    if (step !== current.step || share < current.from)
      current = { step, began: now(), from: share };
    const [milliseconds, part] = [now() - current.began, share - current.from];
    if (part < LEAST.share || milliseconds < LEAST.milliseconds) return "";
    const seconds = (milliseconds * (1 - share)) / part / 1000;
    if (seconds < 1) return "";
    return seconds < 90
      ? `about ${Math.ceil(seconds)} s left`
      : `about ${Math.round(seconds / 60)} min left`;
  };
}
