/**
 * @file Least squares of curves with and without a change, over one set of checkpoints.
 *
 * Noise is normal and autoregressive of order 1 from checkpoint to checkpoint: for each autocorrelation that is tried
 * everything is whitened, and smooth learning is projected out.
 */
import { relaxationAt, transitionAt, type Transition } from "./shapes.ts";

/** Autocorrelations that are tried. */
export const CORRELATIONS = [0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.9] as const;

/** What smooth learning leaves of curves over these checkpoints, for one autocorrelation. */
export interface Whitening {
  readonly x: Float64Array;
  readonly correlation: number;
  /** Orthonormal basis of smooth learning, whitened. */
  readonly basis: readonly Float64Array[];
  /** log |X^T X| of the whitened columns of smooth learning. */
  readonly logDeterminant: number;
}

/** Decades between the times of relaxation; their mixtures are smooth curves. */
const SPACING = 0.5;
const BEYOND = 0.3;

/**
 * Smooth learning: a constant, a line in log step, and exponential approaches e^(-step / time) with times half a decade apart;
 * at most a third as many columns as checkpoints. By Bernstein's theorem mixtures of them are the completely monotone
 * curves, power laws among them.
 */
function smoothColumns(x: Float64Array): Float64Array[] {
  const first = x[0]! - BEYOND;
  const last = x.at(-1)! + BEYOND;
  const most = Math.max(2, Math.floor(x.length / 3) - 2);
  const times = Math.min(most, Math.ceil((last - first) / SPACING) + 1);
  const middle = (first + last) / 2;
  return [
    x.map(() => 1),
    x.map((value) => value - middle),
    ...Array.from({ length: times }, (_, index) => {
      const place = first + ((last - first) * index) / (times - 1);
      return x.map((value) => relaxationAt(value, place));
    }),
  ];
}

/**
 * Square of the noise over the usual height of a relaxation. Without it, large relaxations of both signs that cancel would
 * imitate a change.
 */
const RIDGE = 1e-3;
/** Constant and line are free. */
const FREE = 2;

/** One for each of {@link CORRELATIONS}. */
export function whitenedFor(x: Float64Array): Whitening[] {
  const columns = smoothColumns(x);
  return CORRELATIONS.map((correlation) => {
    const rows = columns.map((column, index) => {
      const row = padValues(whiten(column, correlation), columns.length);
      if (index >= FREE) row[x.length + index] = Math.sqrt(RIDGE);
      return row;
    });
    return { x, correlation, ...orthonormal(rows) };
  });
}

/** The ridge as so many more observations, which are all zero. */
function padValues(values: Float64Array, more: number): Float64Array {
  const row = new Float64Array(values.length + more);
  row.set(values);
  return row;
}

/** v[i] - correlation v[i - 1], the first scaled: uncorrelated and of one variance for such noise. */
export function whiten(values: Float64Array, correlation: number): Float64Array {
  const first = Math.sqrt(1 - correlation ** 2);
  return values.map((value, index) =>
    index === 0 ? value * first : value - correlation * values[index - 1]!,
  );
}

/** What smooth learning leaves of a curve, whitened. */
export function residual(values: Float64Array, { basis, correlation }: Whitening): Float64Array {
  const rest = padValues(whiten(values, correlation), basis[0]!.length - values.length);
  for (const direction of basis) subtract(rest, direction, dot(direction, rest));
  return rest;
}

/** A change of unit height as it looks beside smooth learning. */
export interface ChangeShape {
  /** Whitened, smooth learning not taken away. */
  readonly column: Float64Array;
  /** Square length of what smooth learning leaves of it. */
  readonly left: number;
}

export function viewOf(transition: Transition, whitened: Whitening): ChangeShape {
  const column = whiten(
    whitened.x.map((value) => transitionAt(value, transition)),
    whitened.correlation,
  );
  let left = dot(column, column);
  for (const direction of whitened.basis) left -= dot(column, direction) ** 2;
  return { column, left };
}

/** If smooth learning explains all but this fraction of a step, the step cannot be identified. */
const LEAST_LEFT = 1e-5;

/**
 * By how much the change lowers the sum of squares of `rest`, and its height then.
 *
 * @param most largest height: what is higher than the curve only cancels against smooth learning
 */
export function improvement({ column, left }: ChangeShape, rest: Float64Array, most: number) {
  if (left < LEAST_LEFT) return { squares: 0, amplitude: 0 };
  const along = dot(column, rest);
  const amplitude = Math.min(most, Math.max(-most, along / left));
  return { squares: amplitude * (2 * along - amplitude * left), amplitude };
}

/** The curve that fits best with this change, at the checkpoints. */
export function fittedCurve(
  values: Float64Array,
  transition: Transition,
  amplitude: number,
  whitened: Whitening,
): Float64Array {
  const { x, correlation } = whitened;
  const change = x.map((value) => amplitude * transitionAt(value, transition));
  const without = values.map((value, index) => value - change[index]!);
  const noise = residual(without, whitened);
  let before = 0;
  return values.map((value, index) => {
    before =
      index === 0
        ? noise[0]! / Math.sqrt(1 - correlation ** 2)
        : noise[index]! + correlation * before;
    return value - before;
  });
}

/** Over the length of `left`. */
export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += left[index]! * right[index]!;
  return sum;
}

function orthonormal(columns: readonly Float64Array[]) {
  const basis: Float64Array[] = [];
  let logDeterminant = 0;
  for (const column of columns) {
    const rest = column.slice();
    for (const direction of [...basis, ...basis]) subtract(rest, direction, dot(direction, rest)); // twice, for rounding
    const length = Math.sqrt(dot(rest, rest));
    if (length < 1e-7 * Math.sqrt(dot(column, column))) continue;
    logDeterminant += 2 * Math.log(length);
    basis.push(rest.map((value) => value / length));
  }
  return { basis, logDeterminant };
}

function subtract(from: Float64Array, direction: Float64Array, factor: number): void {
  for (let index = 0; index < from.length; index++) from[index]! -= factor * direction[index]!;
}
