/** @file What a head of the second layer reads: products of its weights with each part that the stream may have there. */
import { ballsOf, product, sum, type Balls, type Exact } from "./balls.ts";
import type { ModelNumbers } from "./certifiedModel.ts";
import { down, root, up, type Enclosure } from "./enclosure.ts";
import {
  addedByPlace,
  centreRows,
  constantOf,
  applyGain,
  withBias,
  writeRow,
  type FirstLayer,
} from "./firstLayer.ts";
import { PARTS, SHARES, stateIndex, type Shares } from "./shares.ts";

/**
 * A projection of the stream by its parts. With s the scale of the layer's norm, it is
 * (direct + constant + sum over heads of what they mix of `writes`) / s + fixed.
 */
export interface ProjectedState {
  /** [state or token, entry] */
  readonly direct: Balls;
  /** By head of the first layer: [state or token, entry]. */
  readonly writes: readonly Balls[];
  /** [1, entry] */
  readonly constant: Balls;
  /** [position, entry]: biases, and positions that are read beside the stream. */
  readonly fixed: Balls;
}

export function projectRows(
  model: ModelNumbers,
  first: FirstLayer,
  weight: Exact,
  bias: Exact | null,
  comparesPlaces: boolean,
): ProjectedState {
  const { norm } = model.layers[1];
  const linear = (rows: Balls) => product(applyGain(centreRows(rows, norm), norm), weight);
  const zeros = ballsOf({
    rows: first.length,
    columns: weight.rows,
    data: new Float64Array(first.length * weight.rows),
  });
  const shifted = norm?.bias
    ? sum(zeros, ballsOf({ rows: 1, columns: weight.rows, data: norm.bias }))
    : zeros;
  const positions =
    comparesPlaces && model.positions && !first.isByPlace
      ? addedByPlace(shifted, model.positions, first.length)
      : shifted;
  return {
    direct: linear(first.stream),
    writes: first.heads.map(({ writes }) => linear(writes)),
    constant: linear(constantOf(model.layers[0], weight.rows)),
    fixed: withBias(product(positions, weight), bias),
  };
}

/** Scale of the second layer's norm at a state with a token before it: [token, position, token before]. */
export interface Scales {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** @returns null where there is no norm: nothing is divided */
export function streamScales(
  model: ModelNumbers,
  first: FirstLayer,
  shares: readonly Shares[],
): Scales | null {
  const { norm } = model.layers[1];
  if (!norm) return null;
  const { length } = first;
  const stream = withSizes(
    sum(
      centreRows(first.stream, norm),
      centreRows(constantOf(model.layers[0], first.stream.columns), norm),
    ),
  );
  const heads = first.heads.map(({ writes }) => withCentre(centreRows(writes, norm)));
  const { befores } = shares[0]!;
  const [low, high] = [0, 1].map(() => new Float64Array(befores * length * befores)) as [
    Float64Array,
    Float64Array,
  ];
  for (let token = 0; token < befores; token++)
    for (let position = 0; position < length; position++)
      for (let before = 0; before < befores; before++) {
        const at = stateIndex(shares[0]!, length, [token, position, before]);
        const rows = [
          writeRow(first, token, position),
          writeRow(first, before, Math.max(0, position - 1)),
          writeRow(first, befores - 1, 0),
        ];
        const scale = scaleAround(stream, heads, shares, rows, at * SHARES, norm.eps);
        [low[at], high[at]] = [scale.low, scale.high];
      }
  return { low, high };
}

interface SizedBalls extends Balls {
  /** [row]: no smaller than the length of the row, and of its radii. */
  readonly sizes: Float64Array;
  readonly radii: Float64Array;
}

interface CentredBalls extends SizedBalls {
  /** A point, and how far any row lies from it. */
  readonly centre: Float64Array;
  readonly reach: number;
}

function withSizes(rows: Balls): SizedBalls {
  const { columns, mid, rad } = rows;
  const [sizes, radii] = [new Float64Array(rows.rows), new Float64Array(rows.rows)];
  for (let row = 0; row < rows.rows; row++) {
    let [squares, radius] = [0, 0];
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      squares += mid[at]! ** 2;
      radius += rad[at]!;
    }
    sizes[row] = up(Math.sqrt(squares) * SAFE);
    radii[row] = up(radius * SAFE);
  }
  return { ...rows, sizes, radii };
}

/** More than the rounding of sums over the entries of a stream takes off, for up to a hundred thousand entries. */
const SAFE = 1 + 2 ** -34;

function withCentre(rows: Balls): CentredBalls {
  const { columns, mid } = rows;
  const centre = new Float64Array(columns);
  for (let at = 0; at < mid.length; at++) centre[at % columns]! += mid[at]! / rows.rows;
  const all = withSizes(rows);
  let reach = 0;
  for (let row = 0; row < rows.rows; row++) {
    let squares = 0;
    for (let entry = 0; entry < columns; entry++)
      squares += (mid[row * columns + entry]! - centre[entry]!) ** 2;
    reach = Math.max(reach, up(Math.sqrt(squares) * SAFE + all.radii[row]!));
  }
  return { ...all, centre, reach };
}

/** The stream lies in a ball around its middle; so do its length and its scale. */
function scaleAround(
  stream: SizedBalls,
  heads: readonly CentredBalls[],
  shares: readonly Shares[],
  rows: readonly number[],
  start: number,
  eps: number,
): { low: number; high: number } {
  const { columns } = stream;
  const row = rows[0]!;
  const middle = stream.mid.slice(row * columns, (row + 1) * columns);
  let away = stream.radii[row]! + stream.sizes[row]! * SLACK;
  heads.forEach((head, index) => {
    const { mid, rad } = shares[index]!;
    PARTS.forEach((_, part) => {
      const [near, other] = [start + part, start + PARTS.length + part];
      const share = (mid[near]! + mid[other]!) / 2;
      const spread = Math.abs(mid[near]! - mid[other]!) / 2 + rad[near]! + rad[other]! + SLACK;
      const isRest = part === PARTS.length - 1;
      const from = isRest ? 0 : rows[part]! * columns;
      const source = isRest ? head.centre : head.mid;
      const size = isRest ? up(norm(head.centre) * SAFE) : head.sizes[rows[part]!]!;
      for (let entry = 0; entry < columns; entry++) middle[entry]! += share * source[from + entry]!;
      away +=
        spread * size +
        size * SLACK +
        (isRest ? (share + spread) * head.reach : head.radii[rows[part]!]!);
    });
  });
  const length = norm(middle);
  const reach = up(away * SAFE);
  const ends = [
    Math.max(0, down(length * (2 - SAFE) - reach)),
    up(up(length * SAFE) + reach),
  ] as const;
  const [low, high] = ends.map((end, at) => {
    const square = (end * end) / columns + eps;
    return at === 0
      ? root({ low: square * (2 - SAFE), high: square }).low
      : root({ low: 0, high: square * SAFE }).high;
  });
  return { low: low!, high: high! };
}

/** More than what rounding of a sum of a few hundred products takes, as a share of their sizes. */
const SLACK = 2 ** -40;

function norm(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}

/** The widest that a scale is over all states. */
export function widest({ low, high }: Scales, reachable: (at: number) => boolean): Enclosure {
  let [least, most] = [Infinity, 0];
  low.forEach((value, at) => {
    if (!reachable(at)) return;
    least = Math.min(least, value);
    most = Math.max(most, high[at]!);
  });
  return { low: least, high: most };
}
