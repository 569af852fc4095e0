import type { Feeds } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import { random, type Random } from "../base/random.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import type { Program, ProgramInput } from "../graph/program.ts";

/**
 * Something to run a program on; inputs that fill themselves are left to do so. No symbol is longer than the program allows,
 * and those without a length are as long as a row.
 *
 * @throws {InputError} "feed" for an input of ids that has none
 */
export function randomFeeds(
  { inputs, limits }: Program,
  { rows, length, seed }: { readonly rows: number; readonly length: number; readonly seed: number },
): Feeds {
  const draw = random(seed);
  const lengthOf = (size: number | string) => {
    if (typeof size === "number") return size;
    return size === "batch" ? rows : Math.min(length, limits[size] ?? length);
  };
  const unfilled = inputs.filter(({ fill }) => !fill);
  return new Map(
    unfilled.map((input) => {
      const shape = input.axes.map(({ size }) => lengthOf(size));
      const axes = input.axes.map(({ name }) => name);
      return [input.name, tensor(axes, shape, numbersFor(input, shape, draw))] as const;
    }),
  ) as ReadonlyMap<string, Tensor<TensorData>>;
}

/** Ids whose second half repeats the first, so that heads which attend by content have something to find. */
function numbersFor(
  { name, type, below = 2, refused }: ProgramInput,
  shape: readonly number[],
  draw: Random,
): TensorData {
  if (below < 1) throw new InputError("feed", `${name} has no id to try`);
  const count = sizeOf(shape);
  if (type === "float32") return Float32Array.from({ length: count }, () => draw.normal());
  if (type === "bool") return new Uint8Array(count).fill(1);
  const ids = new Int32Array(count);
  const period = Math.ceil(count / 2);
  for (let at = 0; at < count; at++) {
    const id = at < period ? draw.integer(0, below - 1) : ids[at - period]!;
    ids[at] = id === refused?.id ? (id + 1) % below : id;
  }
  return ids;
}
