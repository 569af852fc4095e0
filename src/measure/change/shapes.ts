/** @file What a curve over steps may do: learn smoothly, and change. All over log10 of steps. */

/** A change from 0 to 1: half of it at `centre`, from .1 to .9 within `width` decades (0: all at once). */
export interface Transition {
  readonly centre: number;
  readonly width: number;
  readonly skew: Skew;
}

/** even: logistic; early: slow at its end (Gompertz); late: slow at its start (the same reversed). */
export const SKEWS = ["even", "early", "late"] as const;
export type Skew = (typeof SKEWS)[number];

/** Widest transition that counts as a change, in decades. An exponential approach e^(-step / time) takes 1.34. */
export const WIDEST_CHANGE = 0.8;

const gompertz = (z: number) => Math.exp(-Math.exp(-z));
const GOMPERTZ_SPAN = Math.log(Math.LN10) - Math.log(-Math.log(0.9));

/** By skew: the curve, where it has half its height, and how far it is from .1 to .9. */
const CURVES = {
  even: { of: (z: number) => 1 / (1 + Math.exp(-z)), half: 0, span: 2 * Math.log(9) },
  early: { of: gompertz, half: -Math.log(Math.LN2), span: GOMPERTZ_SPAN },
  late: { of: (z: number) => 1 - gompertz(-z), half: Math.log(Math.LN2), span: GOMPERTZ_SPAN },
} as const;

/** How far the transition is at `x`, 0 to 1. */
export function transitionAt(x: number, { centre, width, skew }: Transition): number {
  if (width === 0) return x > centre ? 1 : 0;
  const { of, half, span } = CURVES[skew];
  return of(half + ((x - centre) / width) * span);
}

/** e^(-step / time) at x = log10 step, with `place` = log10 time: the fastest that smooth learning is here. */
export function relaxationAt(x: number, place: number): number {
  return Math.exp(-(10 ** (x - place)));
}

/** Place of each checkpoint on the axis of the fits; step 0 has half the first positive step. */
export function logSteps(steps: ArrayLike<number>): Float64Array {
  const first = Array.from(steps).find((step) => step > 0) ?? 1;
  return Float64Array.from(steps, (step) => Math.log10(step > 0 ? step : first / 2));
}
