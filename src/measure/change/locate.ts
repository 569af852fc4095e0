/** @file Where the change of a curve lies: the centres whose best fit is hardly worse than the best of all. */
import { dot, improvement, viewOf, type Whitening } from "./fits.ts";
import { SKEWS, WIDEST_CHANGE, type Transition } from "./shapes.ts";

export interface Location {
  readonly best: Transition;
  /** First and last centre within the allowance. */
  readonly interval: readonly [number, number];
  readonly amplitude: number;
  /** Sum of squares that the best fit leaves, whitened. */
  readonly squares: number;
}

const WIDTHS = [0, 0.03, 0.06, 0.12, 0.2, 0.32, 0.5, WIDEST_CHANGE];
const HALVINGS = 12;

/**
 * @param rest what smooth learning leaves of the curve
 * @param centres where to look first, ascending; what lies outside them is not looked at
 * @param allowance how much larger, as a share, the sum of squares of a centre in the interval may be
 * @param floor added to every sum of squares
 * @param most largest height of the change
 */
export function locate(
  whitened: Whitening,
  rest: Float64Array,
  {
    centres,
    allowance,
    floor,
    most,
  }: {
    readonly centres: readonly number[];
    readonly allowance: number;
    readonly floor: number;
    readonly most: number;
  },
): Location {
  const whole = dot(rest, rest);
  const fitAt = (centre: number) => bestAt(centre, whitened, rest, most);
  const squaresAt = (centre: number) => Math.max(0, whole - fitAt(centre).squares) + floor;
  const coarse = centres.map((centre) => ({ centre, squares: squaresAt(centre) }));
  const first = coarse.reduce((best, fit) => (fit.squares < best.squares ? fit : best));
  const index = coarse.indexOf(first);
  const summit = refinePlace(
    squaresAt,
    centres[Math.max(0, index - 1)]!,
    centres[Math.min(centres.length - 1, index + 1)]!,
    first.centre,
  );
  const least = squaresAt(summit);
  const ends = (share: number): [number, number] => {
    const limit = least * (1 + share);
    const accepted = [
      summit,
      ...coarse.filter(({ squares }) => squares <= limit).map((fit) => fit.centre),
    ];
    const [low, high] = [Math.min(...accepted), Math.max(...accepted)];
    const before = centres.findLast((centre) => centre < low);
    const after = centres.find((centre) => centre > high);
    const inside = (centre: number) => squaresAt(centre) <= limit;
    return [
      before === undefined ? low : border(inside, low, before),
      after === undefined ? high : border(inside, high, after),
    ];
  };
  const plateau = ends(1e-6);
  const centre = (plateau[0] + plateau[1]) / 2;
  const { transition, amplitude } = fitAt(squaresAt(centre) <= least * 1.001 ? centre : summit);
  return { best: transition, interval: ends(allowance), amplitude, squares: least };
}

interface FitAt {
  readonly transition: Transition;
  readonly squares: number;
  readonly amplitude: number;
}

/** The best width and skew at a centre. */
function bestAt(centre: number, whitened: Whitening, rest: Float64Array, most: number): FitAt {
  let best: FitAt | null = null;
  const attempt = (transition: Transition): number => {
    const { squares, amplitude } = improvement(viewOf(transition, whitened), rest, most);
    if (best === null || squares > best.squares) best = { transition, squares, amplitude };
    return squares;
  };
  for (const skew of SKEWS) {
    const trials = WIDTHS.map((width) =>
      width === 0 && skew !== "even" ? 0 : attempt({ centre, width, skew }),
    );
    const top = trials.indexOf(Math.max(...trials));
    refinePlace(
      (width) => -attempt({ centre, width, skew }),
      WIDTHS[Math.max(0, top - 1)]!,
      WIDTHS[Math.min(WIDTHS.length - 1, top + 1)]!,
      WIDTHS[top]!,
      7,
    );
  }
  return best!;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The place of the least value between two, by golden section; `center` if nothing better is found. */
function refinePlace(
  valueAt: (place: number) => number,
  from: number,
  to: number,
  center: number,
  steps = HALVINGS,
): number {
  let [low, high] = [from, to];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [valueAt(left), valueAt(right)];
  for (let step = 0; step < steps; step++) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = valueAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = valueAt(right);
    }
  }
  const [place, value] = atLeft <= atRight ? [left, atLeft] : [right, atRight];
  return value < valueAt(center) ? place : center;
}

/** Between a place inside and one outside, by halving. */
function border(inside: (place: number) => boolean, within: number, without: number): number {
  let [yes, no] = [within, without];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (yes + no) / 2;
    if (inside(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
