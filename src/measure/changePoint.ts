/** @file Where a curve over training steps changes, and how sure that is: a transition beside smooth learning. */
import jStat from "jstat";
import { InputError } from "../base/errors.ts";
import { random } from "../base/random.ts";
import {
  CORRELATIONS,
  dot,
  fittedCurve,
  improvement,
  residual,
  viewOf,
  whitenedFor,
  type ChangeShape,
  type Whitening,
} from "./change/fits.ts";
import { locate } from "./change/locate.ts";
import { logSteps, WIDEST_CHANGE, type Transition } from "./change/shapes.ts";
import { quantile, type Interval } from "./interval.ts";

export interface ChangePoint {
  /** Where half of the change is done. */
  readonly step: number;
  /** 95 % interval of `step`. */
  readonly interval: Interval;
  /** What the fitted curve does from the last checkpoint before the change to the first after it, in its unit. */
  readonly effectSize: number;
  /** Decades of steps from a tenth to nine tenths of the change; 0 if it lies between two checkpoints. */
  readonly width: number;
  /** Standard deviation of the noise around the curve, in its unit. */
  readonly noise: number;
}

export interface ChangeFinding {
  /** Null: nothing that smooth learning with noise does not do as well. */
  readonly change: ChangePoint | null;
  /** Chance that smooth learning with such noise looks as much like a change. */
  readonly p: number;
}

export interface ChangeOptions {
  /** Of the simulated curves. Default 0. */
  readonly seed?: number | undefined;
  /** Simulated curves without a change for each autocorrelation. Default 400. */
  readonly draws?: number | undefined;
  /** Largest p of a change. Default .05. */
  readonly level?: number | undefined;
}

/** Fewest checkpoints that a change can be looked for in. */
export const FEWEST_CHECKPOINTS = 12;

/** As {@link changeSearch}, for one curve. */
export function changePoint(
  steps: readonly number[],
  values: ArrayLike<number>,
  options: ChangeOptions = {},
): ChangeFinding {
  return changeSearch(steps, options)(values);
}

/**
 * A search for changes over these checkpoints: give it one curve after the other.
 *
 * With x = log10 step (0 counts as half the first positive step), two models of a curve are compared:
 *
 *   smooth:   y(x) = a + b x + sum over m of c[m] e^(-step / time[m]) + noise, times half a decade apart
 *   changed:  the same + height * transition((x - centre) / width), from .1 to .9 of it within width <= .8 decades
 *
 * Mixtures of exponential approaches are what learning at steady rates looks like; one alone takes 1.34 decades from .1
 * to .9, a power law more. A change is what they cannot do: a logistic, or a Gompertz curve either way round. Noise is
 * normal, autoregressive of order 1 from checkpoint to checkpoint.
 *
 * p: the likelihood ratio, largest over centre, width and autocorrelation, against that of curves simulated without a change
 * over the same checkpoints, with the autocorrelation that fits the curve or the next higher, whichever is worse. Beyond
 * the simulated ones the tail is that of a single candidate, so that small p are rough.
 *
 * Interval: all centres whose best fit (over width and skew, with the autocorrelation of restricted likelihood) has a sum of
 * squares of at most 1 + F(1, v) / v times the least, a profile likelihood. A sudden change between two checkpoints has
 * all that lies between them. At least 3 checkpoints lie on each side.
 *
 * @param steps rising, at least {@link FEWEST_CHECKPOINTS}; evenly on the log axis is best
 * @returns the search; a curve without a change has p uniform on 0 to 1, so `level` of them are false alarms (measured with
 *   the coverage of the interval by `npm run bench:phase`, docs/phase.md)
 * @throws {InputError} "range" for steps or values that do not fit, "shape" for another number of values
 * @see Andrews 1993, Econometrica 61:821 (largest likelihood ratio over an unknown change point); Feder 1975, Annals of
 *   Statistics 3:49 (profile likelihood of where regimes meet). Nobody else offers one for training curves
 */
export function changeSearch(
  steps: readonly number[],
  { seed = 0, draws = 400, level = 0.05 }: ChangeOptions = {},
): (values: ArrayLike<number>) => ChangeFinding {
  checkSteps(steps);
  const x = logSteps(steps);
  const centres = centresOf(x);
  const all = whitenedFor(x).map((whitened) => ({
    whitened,
    coarse: coarseChanges(whitened, centres),
  }));
  const simulated = all.map(() => null as Float64Array | null);
  return (curve) => {
    const values = checkedValues(curve, steps.length);
    const range = Math.max(...values) - Math.min(...values);
    const largest = Math.max(...values.map(Math.abs));
    if (range <= ROUNDING * largest) return { change: null, p: 1 };
    const bounds = { floor: floorOf(range, values.length), most: HIGHEST * range };
    const fits = likelihoods(all, values, bounds);
    const p = Math.max(
      ...neighbours(fits.correlation).map((which) => {
        simulated[which] ??= nullRatios(all, { correlation: CORRELATIONS[which]!, seed, draws });
        return chanceOf(fits.ratio, simulated[which], all[0]!.whitened);
      }),
    );
    if (p > level) return { change: null, p };
    return {
      change: locateChange(all[fits.changedCorrelation]!.whitened, centres, values, bounds),
      p,
    };
  };
}

/** The autocorrelation that fits best and the next one: estimates are low where smooth learning takes many columns. */
function neighbours(correlation: number): number[] {
  return [correlation, Math.min(correlation + 1, CORRELATIONS.length - 1)];
}

interface CoarseSearch {
  readonly whitened: Whitening;
  readonly coarse: readonly ChangeShape[];
}

interface Bounds {
  /** Added to every sum of squares. */
  readonly floor: number;
  /** Largest height of a change. */
  readonly most: number;
}

/** A change is at most this many times as high as the range of its curve. */
const HIGHEST = 1.25;

/** A curve that moves by less than this share of its size has rounding in it and nothing else. */
const ROUNDING = 1e-9;

/** What no fit should follow, as a share of the curve's range: smooth curves are told from changes no better than this. */
const RESOLUTION = 4e-3;

function floorOf(range: number, count: number): number {
  return count * (RESOLUTION * range) ** 2;
}

const COARSE_WIDTHS = [0, 0.15, 0.35, WIDEST_CHANGE];
const MOST_CENTRES = 60;
/** Checkpoints that must lie on each side of a change. */
const SIDE = 3;

/** Middles between checkpoints, at no more than 60 places. */
function centresOf(x: Float64Array): number[] {
  const gaps = x.length - 2 * SIDE + 1;
  const places = Math.min(gaps, MOST_CENTRES);
  return Array.from({ length: places }, (_, place) => {
    const gap = SIDE - 1 + Math.round((place * (gaps - 1)) / Math.max(1, places - 1));
    return (x[gap]! + x[gap + 1]!) / 2;
  });
}

function coarseChanges(whitened: Whitening, centres: readonly number[]): ChangeShape[] {
  return centres.flatMap((centre) =>
    COARSE_WIDTHS.map((width) => viewOf({ centre, width, skew: "even" }, whitened)),
  );
}

/** Twice the log of the likelihood ratio with against without a change, and the places of the best correlations. */
function likelihoods(all: readonly CoarseSearch[], values: Float64Array, { floor, most }: Bounds) {
  const count = values.length;
  let [smooth, changed, smoothRestricted, changedRestricted] = [
    Infinity,
    Infinity,
    Infinity,
    Infinity,
  ];
  let [correlation, changedCorrelation] = [0, 0];
  all.forEach(({ whitened, coarse }, which) => {
    const rest = residual(values, whitened);
    const whole = dot(rest, rest);
    const spread = Math.log(1 - whitened.correlation ** 2);
    let best = { squares: 0, left: 1 };
    for (const look of coarse) {
      const { squares } = improvement(look, rest, most);
      if (squares > best.squares) best = { squares, left: look.left };
    }
    const likelihood = (squares: number) => count * Math.log(Math.max(0, squares) + floor) - spread;
    const freedom = count - whitened.basis.length;
    const restricted = (squares: number, columns: number, more: number) =>
      (freedom - columns) * Math.log(Math.max(0, squares) + floor) -
      spread +
      whitened.logDeterminant +
      more;
    smooth = Math.min(smooth, likelihood(whole));
    changed = Math.min(changed, likelihood(whole - best.squares));
    const without = restricted(whole, 0, 0);
    if (without < smoothRestricted) [smoothRestricted, correlation] = [without, which];
    const withIt = restricted(whole - best.squares, 1, Math.log(best.left));
    if (withIt < changedRestricted) [changedRestricted, changedCorrelation] = [withIt, which];
  });
  return { ratio: smooth - changed, correlation, changedCorrelation };
}

/** Ratios of curves that have no change: noise of this autocorrelation, to which smooth learning adds nothing. */
function nullRatios(
  all: readonly CoarseSearch[],
  { correlation, seed, draws }: { correlation: number; seed: number; draws: number },
): Float64Array {
  const stream = random(seed, Math.round(correlation * 100));
  const ratios = Float64Array.from({ length: draws }, () => {
    let before = stream.normal() / Math.sqrt(1 - correlation ** 2);
    const noise = all[0]!.whitened.x.map((_, index) => {
      if (index > 0) before = correlation * before + stream.normal();
      return before;
    });
    return likelihoods(all, noise, {
      floor: 0,
      most: HIGHEST * (Math.max(...noise) - Math.min(...noise)),
    }).ratio;
  });
  return ratios.sort();
}

/** Beyond the simulated ratios the tail falls as that of one candidate: (1 + t^2 / v)^(-v / 2). */
function chanceOf(ratio: number, sorted: Float64Array, { x, basis }: Whitening): number {
  const draws = sorted.length;
  const above = sorted.reduce((sum, value) => sum + (value >= ratio ? 1 : 0), 0);
  if (above > draws / 40) return (1 + above) / (1 + draws);
  const edge = quantile(sorted, 0.975);
  const freedom = x.length - basis.length - 2;
  return 0.025 * Math.exp((-0.5 * freedom * (ratio - edge)) / x.length);
}

function locateChange(
  whitened: Whitening,
  centres: readonly number[],
  values: Float64Array,
  bounds: Bounds,
): ChangePoint {
  const freedom = Math.max(1, values.length - whitened.basis.length - 4);
  const t = jStat.studentt.inv(0.975, freedom);
  const rest = residual(values, whitened);
  const { best, interval, amplitude, squares } = locate(whitened, rest, {
    centres,
    allowance: t ** 2 / freedom,
    ...bounds,
  });
  const variance = squares / freedom;
  return {
    step: 10 ** best.centre,
    interval: [10 ** interval[0], 10 ** interval[1]],
    effectSize: riseAcross(fittedCurve(values, best, amplitude, whitened), best, whitened.x),
    width: best.width,
    noise: Math.sqrt(variance / (1 - whitened.correlation ** 2)),
  };
}

/** How far from its centre a transition begins and ends, in widths: at .03 and .97 of a logistic. */
const REACH = 0.8;

function riseAcross(curve: Float64Array, { centre, width }: Transition, x: Float64Array): number {
  const before = x.findLastIndex((value) => value <= centre - REACH * width);
  const after = x.findIndex((value) => value > centre + REACH * width);
  return curve.at(after)! - curve[Math.max(0, before)]!; // -1 is the last
}

function checkSteps(steps: readonly number[]): void {
  if (steps.length < FEWEST_CHECKPOINTS)
    throw new InputError(
      "range",
      `a change point needs at least ${FEWEST_CHECKPOINTS} checkpoints, got ${steps.length}`,
    );
  const wrong = steps.findIndex(
    (step, index) =>
      !(Number.isFinite(step) && step >= 0 && (index === 0 || step > steps[index - 1]!)),
  );
  if (wrong >= 0)
    throw new InputError(
      "range",
      `a change point needs steps that rise from 0 on, got ${steps[wrong]} at place ${wrong}`,
    );
}

function checkedValues(values: ArrayLike<number>, count: number): Float64Array {
  if (values.length !== count)
    throw new InputError(
      "shape",
      `a change point needs one value a checkpoint, got ${values.length} for ${count}`,
    );
  const wrong = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new InputError(
      "range",
      `a change point needs finite values, got ${values[wrong]} at place ${wrong}`,
    );
  return Float64Array.from(values);
}
