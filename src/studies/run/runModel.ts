/** @file `run`: any named values of a forward pass, saved as they are computed. */
import { globPattern } from "../../base/glob.ts";
import { InputError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { slice } from "../../graph/edits/slice.ts";
import { typesOf, type Program } from "../../graph/program.ts";
import { formatAxes, type ValueType } from "../../graph/axes.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import type { Model } from "../../models/family.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { Backend, Feeds, Trace } from "../../base/backend.ts";
import { feedsOf, type IdRows, type ModelInputs } from "../../inputs/modelInputs.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { prepare } from "../../runtime/prepare.ts";
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";

/** A value that a run gives, with its sizes for the rows at hand. */
export interface CapturedValue {
  readonly name: string;
  readonly axes: readonly string[];
  readonly shape: readonly number[];
}

/** Takes captured values piece by piece: `first` is the row of the batch that `values` begin with. */
export type Receiver = (
  value: CapturedValue,
  first: number,
  values: Tensor,
) => Promise<void> | void;

export interface RunOptions extends StudyOptions {
  /** Rows of token ids, all of one length, used as they are; short for `inputs: {tokens}`. */
  readonly tokens?: IdRows | undefined;
  /** What a model of another kind reads: rows for encoder and decoder, features, pixels. */
  readonly inputs?: ModelInputs | undefined;
  /** Names of the values that are handed over. */
  readonly names: readonly string[];
  /** Gets each value, chunk of rows by chunk of rows. */
  readonly receive: Receiver;
  /** Told what will come, before anything runs. */
  readonly begin?: ((values: readonly CapturedValue[]) => Promise<void>) | undefined;
  /** Values of inputs that edits added, by their names. */
  readonly feeds?: Feeds | undefined;
  /** Most bytes of values that one run hands over; left out: 512 MB. */
  readonly valuesBytes?: number | undefined;
}

export const RUN_OPTIONS: OptionNames<RunOptions> = {
  ...STUDY_OPTIONS,
  tokens: true,
  inputs: true,
  names: true,
  receive: true,
  begin: true,
  feeds: true,
  valuesBytes: true,
};

/** All values that a glob may match, each with its axes in words. */
export function listValues(program: Program): { readonly name: string; readonly axes: string }[] {
  const types = typesOf(program);
  return matchValues(program, ["*"]).map((name) => ({
    name,
    axes: formatAxes(types.get(name)!.axes),
  }));
}

/** What models end with. */
const ENDS = /^(logits|logits_per_image|image_embeds|text_embeds)$/;

/**
 * The names of a program's values that `patterns` mean: names, or globs in which `*` stands for any characters.
 *
 * Globs reach TransformerLens' hook names and `logits`; `attn.hook_result`, the largest value, only by name.
 *
 * @throws {InputError} "unknown-value" for a pattern that means nothing; near names are listed
 */
export function matchValues(program: Program, patterns: readonly string[]): string[] {
  const names = program.ops.map((op) => op.output);
  const hooks = names.filter((name) => ENDS.test(name) || /(^|\.)hook_\w+$/.test(name));
  return [
    ...new Set(
      patterns.flatMap((pattern) => {
        const glob = globPattern(pattern);
        const matches = pattern.includes("*")
          ? hooks.filter(
              (name) =>
                glob.test(name) &&
                (pattern.includes("hook_result") || !name.endsWith("hook_result")),
            )
          : names.filter((name) => name === pattern);
        if (matches.length > 0) return matches;
        const reason = program.absent?.[pattern];
        if (reason !== undefined) throw new InputError("unknown-value", reason);
        const near = nearest(pattern, hooks);
        throw new InputError(
          "unknown-value",
          `the model has no value ${pattern}; near: ${near.join(", ")}`,
        );
      }),
    ),
  ];
}

/**
 * Runs the model on its inputs as they are and hands over the values `names`, a few rows at a time; where the values of one
 * row are too large together, some at a time, layer after layer, in a run each.
 *
 * @throws {InputError} "tokens" for rows of unequal length or ids outside the vocabulary, "feed" for inputs that the model does
 *   not read or that are missing, "range" for too many positions
 */
export async function runModel(model: LoadedModel, options: RunOptions): Promise<void> {
  checkIsModel("runModel", model);
  checkOptionNames("runModel", options, RUN_OPTIONS);
  const { tokens, inputs = { tokens }, names, receive, begin, feeds = new Map() } = options;
  const { signal, progress, valuesBytes } = options;
  if (!Array.isArray(names) || typeof receive !== "function")
    throw new InputError(
      "options",
      "runModel needs `names`, a list of values, and `receive`, a function that takes them",
    );
  const whole = programFor(model, inputs);
  const rowFeeds = feedsOf(whole, inputs);
  const program = slice(whole, { outputs: names });
  const sizes = sizesOf(whole, rowFeeds);
  const backend = await engineFor(model, options);
  const types = typesOf(program);
  const values = names.map((name) => captureValues(name, types.get(name)!, sizes));
  await model.unchanged();
  await begin?.(values);
  const { rows, perRun } = cutProgram(program, backend, sizes);
  const step = "running";
  const groups = groupsOf(values, perRun / rows, valuesBytes);
  for (const [index, group] of groups.entries()) {
    const part = sizedSlice(
      model.program,
      group.map(({ name }) => name),
      rowFeeds,
    );
    const session = await prepare(part, backend, { ...sizes, batch: perRun });
    const isHere = (name: string) => isRead(session.program, name);
    const read = [...rowFeeds].filter(([name]) => isHere(name));
    const more = [...feeds].filter(([name]) => isHere(name) || !isRead(program, name));
    const runs = Array.from({ length: Math.ceil(rows / perRun) }, (_, run) => {
      const [first, count] = [run * perRun, Math.min(perRun, rows - run * perRun)];
      const feedsOfRun = read.map(([name, value]) => [name, rowsOf(value, first, count)] as const);
      return new Map([...more, ...feedsOfRun]);
    });
    const receiveRun = async (trace: Trace, run: number) => {
      const first = run * perRun;
      for (const value of group) await receive(value, first, trace.get(value.name)!);
      const done = index * rows + Math.min(first + perRun, rows);
      progress?.(step, done, groups.length * rows);
    };
    try {
      await session.pass(runs, receiveRun, { signal, progress, step });
    } finally {
      await session.close();
    }
  }
  await model.unchanged();
}

/** The program up to `outputs`; where they read nothing that is fed, as learned positions, one more value says how many there are. */
function sizedSlice(program: Program, outputs: readonly string[], feeds: Feeds): Program {
  const part = slice(program, { outputs });
  if (part.inputs.some(({ name }) => feeds.has(name))) return part;
  const first = program.ops.find(({ inputs }) => inputs.some((name) => feeds.has(name)));
  return first ? slice(program, { outputs: [...outputs, first.output] }) : part;
}

/** All patterns of a model of 30 layers would be 5 GB for 2,048 tokens. */
const VALUES_BYTES = 512 * 2 ** 20;

/**
 * Values in their order, in groups that a run can hold; there is a run for each group, up to the last value of it.
 *
 * @param share of the rows that are in one run
 */
export function groupsOf(
  values: readonly CapturedValue[],
  share: number,
  most = VALUES_BYTES,
): readonly (readonly CapturedValue[])[] {
  const groups: CapturedValue[][] = [];
  let bytes = Infinity;
  for (const value of values) {
    const size = 4 * share * sizeOf(value.shape);
    if (bytes + size > most) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(value);
    bytes += size;
  }
  return groups;
}

/** The model's program for these inputs: one that is shown images where there are pixels. */
export function programFor({ program, seeing }: Model, { pixels }: ModelInputs): Program {
  return pixels && seeing ? seeing : program;
}

/** Lengths of the symbols, after checking that the model has so many positions. */
function sizesOf(program: Program, feeds: Feeds): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const [name, { shape }] of feeds)
    program.inputs
      .find((input) => input.name === name)!
      .axes.forEach(({ size }, at) => {
        if (typeof size === "string") sizes[size] = shape[at]!;
      });
  for (const [symbol, limit] of Object.entries(program.limits))
    if ((sizes[symbol] ?? 0) > limit)
      throw new InputError(
        "range",
        `the model has ${limit} positions, got rows of ${sizes[symbol]} tokens`,
      );
  return sizes;
}

/** Rows in all, and of one run: all at once where a value is of all rows together. */
function cutProgram(program: Program, backend: Backend, sizes: Readonly<Record<string, number>>) {
  const { batch: rows = 1, ...lengths } = sizes;
  const types = typesOf(program);
  const alone = program.outputs.every((name) => types.get(name)!.axes[0]?.size === "batch");
  return { rows, perRun: alone ? Math.min(rows, rowsPerRun(program, backend, lengths)) : rows };
}

function isRead({ inputs }: Program, name: string): boolean {
  return inputs.some((input) => input.name === name);
}

/** Some rows of a fed value, or the whole of one that has no rows of the batch. */
function rowsOf(value: Tensor<TensorData>, first: number, count: number): Tensor<TensorData> {
  if (value.axes[0] !== "batch") return value;
  const inner = sizeOf(value.shape.slice(1));
  const part = value.data.slice(first * inner, (first + count) * inner);
  return tensor(value.axes, [count, ...value.shape.slice(1)], part);
}

function captureValues(
  name: string,
  { axes }: ValueType,
  sizes: Readonly<Record<string, number>>,
): CapturedValue {
  return {
    name,
    axes: axes.map((axis) => axis.name),
    shape: axes.map(({ size }) => (typeof size === "number" ? size : sizes[size]!)),
  };
}
