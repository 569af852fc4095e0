/** @file What the first layer makes of each state, a token at a position: its stream, and what its heads compare and carry. */
import { ballAround, ballsOf, product, scaleBalls, sum, type Balls, type Exact } from "./balls.ts";
import type { Family, LayerNumbers, ModelNumbers, NormNumbers } from "./certifiedModel.ts";
import { lengthOf } from "./certifiedModel.ts";
import {
  down,
  exactly,
  LEAST,
  over,
  plus,
  root,
  times,
  UNIT,
  up,
  type Enclosure,
} from "./enclosure.ts";
import { rotateRows } from "./rotation.ts";

/** Rows are states: token * length + position. */
export interface FirstLayer {
  readonly length: number;
  /** Whether what a state writes depends on its position: then tables of writes have a row for each state, else for each token. */
  readonly isByPlace: boolean;
  /** [state or token, d_model]: the stream before the layer. */
  readonly stream: Balls;
  readonly heads: readonly {
    /** [state, d_head], scale included. */
    readonly query: Balls;
    readonly key: Balls;
    /** [state or token, d_model]: what attention to the state alone would write. */
    readonly writes: Balls;
  }[];
}

/** The row of a table of writes. */
export function writeRow(
  { isByPlace, length }: FirstLayer,
  token: number,
  position: number,
): number {
  return isByPlace ? token * length + position : token;
}

export function firstLayer(model: ModelNumbers, family: Family): FirstLayer {
  const length = lengthOf(family);
  const isByPlace = model.positions !== null && model.positionsIn === "stream";
  const embedded = ballsOf(model.embedding);
  const stream = isByPlace ? everyPlace(embedded, model.positions!, length) : embedded;
  const [layer] = model.layers;
  const read = normaliseRows(stream, layer.norm);
  const spread = isByPlace ? read : repeatedRows(read, length);
  const compared =
    model.positions && !isByPlace ? addedByPlace(spread, model.positions, length) : spread;
  const turn = (rows: Balls) =>
    layer.rotation ? rotateRows(rows, layer.rotation, (row) => row % length) : rows;
  return {
    length,
    isByPlace,
    stream,
    heads: layer.heads.map((head) => ({
      query: turn(
        scaleBalls(withBias(product(compared, head.query), head.queryBias), exactly(layer.scale)),
      ),
      key: turn(withBias(product(compared, head.key), head.keyBias)),
      writes: product(withBias(product(read, head.value), head.valueBias), head.output),
    })),
  };
}

export function withBias(rows: Balls, bias: Exact | null): Balls {
  return bias ? sum(rows, ballsOf(bias)) : rows;
}

function repeatedRows({ rows, columns, mid, rad }: Balls, times: number): Balls {
  const repeat = (data: Float64Array) =>
    Float64Array.from(
      { length: data.length * times },
      (_, at) => data[Math.floor(at / columns / times) * columns + (at % columns)]!,
    );
  return { rows: rows * times, columns, mid: repeat(mid), rad: repeat(rad) };
}

function everyPlace(tokens: Balls, positions: Exact, length: number): Balls {
  return addedByPlace(repeatedRows(tokens, length), positions, length);
}

/** Rows of states, plus the row of `positions` for their position. */
export function addedByPlace(states: Balls, positions: Exact, length: number): Balls {
  const { rows, columns } = states;
  const data = Float64Array.from(
    { length: rows * columns },
    (_, at) => positions.data[(Math.floor(at / columns) % length) * columns + (at % columns)]!,
  );
  return sum(states, ballsOf({ rows, columns, data }));
}

/** Each row less its mean if the norm centres, the gain not yet in it: what is linear of a norm. */
export function centreRows(rows: Balls, norm: NormNumbers | null): Balls {
  if (!norm?.center) return rows;
  const { columns } = rows;
  const [mid, rad] = [rows.mid.slice(), rows.rad.slice()];
  for (let row = 0; row < rows.rows; row++) {
    const from = row * columns;
    let [total, size, radius] = [0, 0, 0];
    for (let at = from; at < from + columns; at++) {
      total += rows.mid[at]!;
      size += Math.abs(rows.mid[at]!);
      radius += rows.rad[at]!;
    }
    const mean = total / columns;
    const error = ((radius + size * (columns + 4) * UNIT) / columns) * (1 + 8 * columns * UNIT);
    for (let at = from; at < from + columns; at++) {
      mid[at] = rows.mid[at]! - mean;
      rad[at] =
        (rows.rad[at]! + error + (Math.abs(mean) + Math.abs(mid[at]!)) * 2 * UNIT) *
          (1 + 16 * UNIT) +
        LEAST;
    }
  }
  return { ...rows, mid, rad };
}

/** Each entry times the norm's gain. */
export function applyGain(rows: Balls, norm: NormNumbers | null): Balls {
  if (!norm?.gain) return rows;
  const { columns } = rows;
  const gain = (at: number) => norm.gain![at % columns]!;
  const mid = rows.mid.map((value, at) => value * gain(at));
  const rad = rows.rad.map(
    (radius, at) =>
      (radius * Math.abs(gain(at)) + Math.abs(mid[at]!) * UNIT) * (1 + 16 * UNIT) + LEAST,
  );
  return { ...rows, mid, rad };
}

/** sqrt(mean of squares + eps) of one row, which is centred already. */
export function scaleOf({ columns, mid, rad }: Balls, row: number, eps: number): Enclosure {
  let squares = exactly(0);
  for (let at = row * columns; at < (row + 1) * columns; at++) {
    const size = Math.abs(mid[at]!);
    const [low, high] = [Math.max(0, down(size - rad[at]!)), up(size + rad[at]!)];
    squares = plus(squares, { low: Math.max(0, down(low * low)), high: up(high * high) });
  }
  return root(plus(over(squares, exactly(columns)), exactly(eps)));
}

function normaliseRows(rows: Balls, norm: NormNumbers | null): Balls {
  if (!norm) return rows;
  const middle = centreRows(rows, norm);
  const whole = applyGain(middle, norm);
  const { columns } = rows;
  const [mid, rad] = [whole.mid.slice(), whole.rad.slice()];
  for (let row = 0; row < rows.rows; row++) {
    const inverse = over(exactly(1), scaleOf(middle, row, norm.eps));
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const entry = times(
        { low: down(whole.mid[at]! - whole.rad[at]!), high: up(whole.mid[at]! + whole.rad[at]!) },
        inverse,
      );
      const ball = ballAround(plus(entry, exactly(norm.bias?.[at % columns] ?? 0)));
      [mid[at], rad[at]] = [ball.mid, ball.rad];
    }
  }
  return { ...rows, mid, rad };
}

/** What attention of a layer adds in any case. */
export function constantOf({ outputBias }: LayerNumbers, columns: number): Balls {
  return ballsOf(outputBias ?? { rows: 1, columns, data: new Float64Array(columns) });
}
