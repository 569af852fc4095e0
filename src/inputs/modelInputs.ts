/** @file What goes into a model of any kind, checked against what its Program reads, as values that a run is fed. */
import type { Feeds } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import { formatAxes } from "../graph/axes.ts";
import type { Program, ProgramInput } from "../graph/program.ts";
import { verifyTokens } from "../text/patterns/verifyTokens.ts";

/** Rows of ids, all of one length. */
export type IdRows = readonly (readonly number[])[];

/** Numbers without axis names, row-major. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * What a model reads, by the names of its Program's inputs. A decoder or an encoder reads `tokens`; an encoder-decoder
 * `encoder` and `decoder`, or `features` (audio: [batch, mel bin, frame]) and `decoder`; one that sees `pixels` ([batch,
 * channel, row, column], normalised as its preprocessor says). `token_type_ids` says which of two texts a token is of.
 */
export interface ModelInputs {
  readonly tokens?: IdRows | undefined;
  readonly token_type_ids?: IdRows | undefined;
  readonly encoder?: IdRows | undefined;
  readonly decoder?: IdRows | undefined;
  readonly features?: Numbers | undefined;
  readonly pixels?: Numbers | undefined;
}

/** Names of all inputs that any model reads. */
export const INPUT_NAMES = [
  ...(["tokens", "token_type_ids", "encoder", "decoder", "features", "pixels"] as const),
] satisfies readonly (keyof ModelInputs)[];

/**
 * The inputs as a run of `program` takes them.
 *
 * @throws {InputError} "feed" for an input that the model does not read, one that it reads and that is not there, or another
 *   shape; "tokens" for rows of unequal length, none, or ids outside the vocabulary
 */
export function feedsOf(program: Program, inputs: ModelInputs): Feeds {
  const givenNames = INPUT_NAMES.filter((name) => inputs[name] !== undefined);
  const read = program.inputs.filter(({ name }) =>
    INPUT_NAMES.some((programInputs) => programInputs === name),
  );
  const required = read.filter(({ fill }) => !fill).map(({ name }) => name);
  const nameList = (names: readonly string[]) => names.join(" and ") || "nothing";
  const strange = givenNames.filter((name) => !read.some((input) => input.name === name));
  if (strange.length > 0)
    throw new InputError(
      "feed",
      `the model reads ${nameList(required)}, not ${strange.join(", ")}`,
    );
  const missing = required.filter((name) => !givenNames.some((each) => each === name));
  if (missing.length > 0)
    throw new InputError(
      "feed",
      `the model reads ${nameList(required)}, got ${nameList(givenNames)}: ${nameList(missing)} is missing`,
    );
  const feeds = new Map<string, Tensor<TensorData>>();
  for (const name of givenNames) {
    const input = read.find((each) => each.name === name)!;
    feeds.set(name, feedOf(input, inputs[name]!));
  }
  checkRows(feeds, read);
  return feeds;
}

function feedOf(input: ProgramInput, value: IdRows | Numbers): Tensor<TensorData> {
  const axes = input.axes.map(({ name }) => name);
  if (input.type === "int32") {
    const { shape, data } = verifyTokens(value as IdRows, input.below ?? 2 ** 31, input.name);
    return tensor(axes, shape, data);
  }
  const { shape, data } = value as Numbers;
  const isRight =
    shape.length === axes.length &&
    shape.every((size, at) => size > 0 && fits(size, input.axes[at]!.size)) &&
    sizeOf(shape) === data.length;
  if (isRight) return tensor(axes, shape, data);
  throw new InputError(
    "feed",
    `${input.name} must have axes ${formatAxes(input.axes)}, got ${shape.join(" x ")}`,
  );
}

function fits(size: number, expected: number | string): boolean {
  return typeof expected === "string" || size === expected;
}

/** Inputs that share an axis have as many rows of it. */
function checkRows(feeds: Feeds, read: readonly ProgramInput[]): void {
  const first = new Map<string, readonly [name: string, size: number]>();
  for (const [name, { shape }] of feeds) {
    read
      .find((input) => input.name === name)!
      .axes.forEach(({ size }, at) => {
        if (typeof size !== "string") return;
        const [other, count] = first.get(size) ?? [name, shape[at]!];
        if (count !== shape[at])
          throw new InputError(
            "feed",
            at === 0
              ? `${other} has ${count} rows, ${name} has ${shape[at]}: there must be as many`
              : `${other} has rows of ${count}, ${name} has rows of ${shape[at]}: they must be as long`,
          );
        first.set(size, [other, count]);
      });
  }
}
