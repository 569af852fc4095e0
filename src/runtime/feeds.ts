/** @file Checks what is fed to a run against the Program's inputs, and fills what nobody feeds. */
import { InputError } from "../base/errors.ts";
import { tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import { formatAxes } from "../graph/axes.ts";
import type { Fill, Program, ProgramInput } from "../graph/program.ts";
import type { Feeds, RawTensor } from "../base/backend.ts";
import { fillInput } from "./fill.ts";
import { follows, marksOf } from "./marks.ts";

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * Every input of `program` as numbers: what was fed, checked, and the rest filled.
 *
 * @throws {InputError} "feed" for a missing input, other axes or sizes, or a name that the Program has not as an input; "tokens" for an id
 *   outside the vocabulary; "length" for more positions than the context has
 */
export function completeFeeds(program: Program, feeds: Feeds): Map<string, RawTensor> {
  const filled = fillInputs(program, feeds);
  return new Map(
    program.inputs.map(({ name, type }) => {
      const { shape, data } = (feeds.get(name) ?? filled.get(name))!;
      return [name, { type, shape, data }];
    }),
  );
}

/**
 * The inputs that nobody feeds, for a run of this size.
 *
 * @param names those that are wanted; left out: all
 * @throws {InputError} as {@link completeFeeds}
 */
export function fillInputs(program: Program, feeds: Feeds, names?: ReadonlySet<string>): Feeds {
  const sizes = checkFeeds(program, feeds);
  const due = program.inputs.filter(
    ({ name }) => !feeds.has(name) && (names === undefined || names.has(name)),
  );
  return new Map(
    due.map((input) => {
      const shape = input.axes.map(({ size }) =>
        typeof size === "number" ? size : sizes.get(size)!,
      );
      if (shape.includes(undefined as never))
        throw new InputError("feed", `the run needs ${input.name}, got nothing to size it by`);
      const { type, fill } = input as ProgramInput & { readonly fill: Fill };
      const data = follows(fill) ? marksOf(fill, shape, feeds) : fillInput(fill, type, shape);
      const axes = input.axes.map(({ name }) => name);
      return [input.name, tensor(axes, shape, data)];
    }),
  );
}

/**
 * Lengths of the symbols, after checking what is fed.
 *
 * @throws {InputError} as {@link completeFeeds}
 */
export function checkFeeds(program: Program, feeds: Feeds): Map<string, number> {
  const unknown = [...feeds.keys()].filter(
    (name) => !program.inputs.some((input) => input.name === name),
  );
  if (unknown.length > 0) {
    const names = program.inputs.map(({ name }) => name).join(", ");
    throw new InputError(
      "feed",
      `this program has no input ${unknown.join(", ")}; it has ${names}`,
    );
  }
  const missing = program.inputs.find(({ name, fill }) => !fill && !feeds.has(name));
  if (missing)
    throw new InputError(
      "feed",
      `the run needs ${missing.name} ${formatAxes(missing.axes)}, got nothing`,
    );
  return sizesIn(program, feeds);
}

/** Lengths of the symbols, from what is fed; the same symbol must have one length everywhere. */
function sizesIn(program: Program, feeds: Feeds): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const input of program.inputs) {
    const feed = feeds.get(input.name);
    if (!feed) continue;
    checkFeed(input, feed);
    input.axes.forEach(({ size }, axis) => {
      if (typeof size !== "string") return;
      const length = feed.shape[axis]!;
      const expected = sizes.get(size) ?? length;
      if (expected !== length)
        throw new InputError(
          "feed",
          `${input.name} has ${size} ${length}, others have ${expected}`,
        );
      sizes.set(size, length);
    });
  }
  for (const [symbol, limit] of Object.entries(program.limits)) {
    const length = sizes.get(symbol) ?? 0;
    if (length > limit)
      throw new InputError(
        "length",
        `the model has ${limit} positions, got ${length} tokens in a row`,
      );
  }
  return sizes;
}

function checkFeed(input: ProgramInput, feed: Tensor<TensorData>): void {
  const fits =
    feed.axes.length === input.axes.length &&
    input.axes.every(
      ({ name, size }, axis) =>
        feed.axes[axis] === name && (typeof size === "string" || feed.shape[axis] === size),
    );
  if (!fits) {
    const got = feed.axes.map((axis, index) => `${axis}=${feed.shape[index]}`).join(", ");
    throw new InputError(
      "feed",
      `${input.name} needs axes ${formatAxes(input.axes)}, got [${got}]`,
    );
  }
  if (!(feed.data instanceof ARRAYS[input.type])) {
    throw new InputError(
      "feed",
      `${input.name} needs ${input.type}, got ${feed.data.constructor.name}`,
    );
  }
  if (input.below !== undefined) checkIds(input.name, feed, input.below);
  if (input.refused) checkRefused(input.name, feed, input.refused);
}

function checkIds(name: string, { data, shape }: Tensor<TensorData>, below: number): void {
  const wrong = (data as Int32Array).findIndex((id) => id < 0 || id >= below);
  if (wrong < 0) return;
  throw new InputError(
    "tokens",
    `${name} must be ids from 0 to ${below - 1}, got ${data[wrong]} at ${placeOf(wrong, shape)}`,
  );
}

function checkRefused(
  name: string,
  { data, shape }: Tensor<TensorData>,
  { id, why }: NonNullable<ProgramInput["refused"]>,
): void {
  const wrong = (data as Int32Array).indexOf(id);
  if (wrong < 0) return;
  throw new InputError(
    "tokens",
    `${name} may not have id ${id}, got it at ${placeOf(wrong, shape)}: ${why}`,
  );
}

function placeOf(index: number, shape: readonly number[]): string {
  const width = shape.at(-1)!;
  return `row ${Math.floor(index / width)}, position ${index % width}`;
}
