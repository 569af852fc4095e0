/** @file Rows of an encoder in which tokens of the second copy are hidden: the first copy, or nothing, says what they are. */
import { random } from "../base/random.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Repeats } from "../measure/repeats.ts";
import { drawnTokens } from "../models/drawnTokens.ts";
import type { Architecture } from "../models/family.ts";
import { drawTokens } from "../text/patterns/tokenPattern.ts";

export interface MaskedRows {
  readonly tokens: Tensor<Int32Array>;
  /** The same with other tokens in place of the first copy. */
  readonly other: Tensor<Int32Array>;
  /** Positions that are hidden, the same in all rows. */
  readonly places: ReadonlySet<number>;
  readonly words: string;
}

/** BERT's share; never two neighbours, so that what stands around a hidden token is there to read. */
const SHARE = 0.15;

/** @param rows `[BOS] r r` and what ends a row */
export function maskedRows(
  rows: Tensor<Int32Array>,
  { start, period }: Repeats,
  { mask, architecture }: { readonly mask: number; readonly architecture: Architecture },
): MaskedRows {
  const count = Math.max(1, Math.round(SHARE * period));
  const step = Math.max(2, Math.floor(period / count));
  const places = new Set(
    Array.from({ length: count }, (_, index) => start + period + 1 + index * step).filter(
      (place) => place < start + 2 * period - 1,
    ),
  );
  const length = rows.shape[1]!;
  const { ids } = drawnTokens(architecture);
  const free = ids.filter((id) => id !== mask);
  const hidden = rows.data.map((id, index) => (places.has(index % length) ? mask : id));
  const other = hidden.slice();
  for (let row = 0; row < rows.shape[0]!; row++) {
    const draw = random(DRAW, row);
    const own = new Set(rows.data.subarray(row * length, (row + 1) * length));
    const rest = free.filter((id) => !own.has(id));
    const block = drawTokens(draw, period, rest.length >= period ? rest : free);
    block.forEach((id, at) => (other[row * length + start + at] = id));
  }
  return {
    tokens: tensor(rows.axes, rows.shape, hidden),
    other: tensor(rows.axes, rows.shape, other),
    places,
    words: `rows are r r with ${places.size} tokens of the second copy masked, and the same beside another first copy`,
  };
}

/** Apart from the seeds of rows. */
const DRAW = 0x3a5c;
