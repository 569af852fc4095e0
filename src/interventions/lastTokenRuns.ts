/**
 * @file Many changes of what heads put out at the last token of a row, in one run: the last token stands there once for each change, at
 * the same place, and its copies do not see each other. What comes before is computed once, so a change costs one token.
 */
import type { Backend, Feeds } from "../base/backend.ts";
import { tensor, type Tensor, type TensorData } from "../base/tensor.ts";
import type { HeadAt } from "../base/headName.ts";
import { builder } from "../graph/builder.ts";
import { narrow } from "../graph/edits/narrow.ts";
import { replace, replacementInputs } from "../graph/edits/replace.ts";
import { prune, type Program, type ProgramInput } from "../graph/program.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { hookName } from "../models/anatomy/hookNames.ts";
import type { Model } from "../models/family.ts";
import { fillInputs } from "../runtime/feeds.ts";
import { prepare } from "../runtime/prepare.ts";
import { METRIC_INPUTS, metricValue, withMetrics } from "./metrics.ts";

/** What the model says after a row. */
export interface LastAnswer {
  /** Of the right token. */
  readonly probability: number;
  /** Whether it is the likeliest of all. */
  readonly isFirst: boolean;
}

/** A row without its answer, and the answer. */
export interface AskedRow {
  readonly tokens: readonly number[];
  readonly answer: number;
}

export interface LastTokenRuns {
  /** What every head puts out at the last token: by layer, axes [head, d_head]. */
  outputs(tokens: readonly number[]): Promise<readonly Tensor[]>;
  /** The answer after each change: the output of some heads at the last token is that of `sources`. No heads: nothing changes. */
  answers(
    row: AskedRow,
    changes: readonly (readonly HeadAt[])[],
    sources: readonly Tensor[],
  ): Promise<LastAnswer[]>;
  close(): Promise<void>;
}

const LAST = "last_position";
const CHOICE = "last.choice";
const LOSS = metricValue("token-loss");
const zName = (layer: number) => hookName(layer, "attn.hook_z");
const lastZ = (layer: number) => `last.${zName(layer)}`;

/** Tokens that stand last in one run at most, and numbers that their logits have together. */
const MOST_COPIES = 384;
const MOST_LOGITS = 2 ** 24;

/** Has memory and threads until `close`. @param longest tokens in a row */
export async function openLastTokenRuns(
  model: Pick<Model, "program" | "architecture">,
  backend: Backend,
  longest: number,
): Promise<LastTokenRuns> {
  const { layers, vocabulary } = model.architecture;
  const copies = Math.max(8, Math.min(MOST_COPIES, Math.floor(MOST_LOGITS / vocabulary)));
  const session = await prepare(lastTokenProgram(model), backend, {
    ...{ batch: 1, position: longest - 1 + copies },
    ...{ [METRIC_INPUTS.positions]: copies, [LAST]: 1 },
  });
  const names = new Set(session.program.inputs.map(({ name }) => name));
  const feedsOf = (row: AskedRow, changes: readonly (readonly HeadAt[])[]): Feeds =>
    new Map([...rowFeeds(model.program, row, changes.length)].filter(([name]) => names.has(name)));
  const zNames = Array.from({ length: layers }, (_, layer) => lastZ(layer));
  return {
    async outputs(tokens) {
      const trace = await session.run(feedsOf({ tokens, answer: 0 }, [[]]), zNames);
      return zNames.map((name) => {
        const { axes, shape, data } = trace.get(name)!;
        return tensor(axes.slice(2), shape.slice(2), data);
      });
    },
    async answers(row, changes, sources) {
      const answers: LastAnswer[] = [];
      for (let first = 0; first < changes.length; first += copies) {
        const some = changes.slice(first, first + copies);
        const feeds = new Map([
          ...feedsOf(row, some),
          ...changeFeeds(some, sources, row.tokens.length),
        ]);
        const trace = await session.run(feeds, [LOSS, CHOICE]);
        const [losses, choices] = [trace.get(LOSS)!.data, trace.get(CHOICE)!.data];
        some.forEach((_, at) =>
          answers.push({
            probability: Math.exp(-losses[at]!),
            isFirst: choices[at] === row.answer,
          }),
        );
      }
      return answers;
    },
    close: () => session.close(),
  };
}

/** The forward pass with a switch for each head at each position; of the end only what the asked positions need. */
function lastTokenProgram({ program, architecture }: Pick<Model, "program" | "architecture">) {
  const { layers, vocabulary } = architecture;
  const all = Array.from({ length: layers }, (_, layer) => layer);
  const switched = all.reduce<Program>(
    (before, layer) =>
      replace(before, zName(layer), { by: ["position", "head"], axes: ["head", "d_head"] }),
    { ...program, outputs: [] },
  );
  const parts = { vocabulary, anatomy: anatomy(program, architecture) };
  const b = builder(withMetrics(switched, parts, ["token-loss"]));
  b.op("topK", ["logits"], { count: 1, into: "choice" }, CHOICE);
  const last = b.input(LAST, "int32", { position: LAST });
  for (const layer of all) b.op("take", [zName(layer), last], { axis: "position" }, lastZ(layer));
  // Copies of the last token are no further positions, so rows may be longer than the context.
  const whole = b.program([LOSS, CHOICE, ...all.map(lastZ)]);
  const ends = { outputs: [LOSS, CHOICE], axis: "position", rows: METRIC_INPUTS.positions };
  return prune(narrow(whole, ends));
}

/** A row whose last token stands there `copies` times: what is fed, and what would be filled in otherwise. */
function rowFeeds(
  program: Program,
  { tokens, answer }: AskedRow,
  copies: number,
): Map<string, Tensor<TensorData>> {
  const length = tokens.length;
  const ids = Int32Array.from({ length: length - 1 + copies }, (_, at) => Math.min(at, length - 1));
  const row = tensor(["batch", "position"], [1, length], Int32Array.from(tokens));
  const filled = fillInputs(program, new Map([["tokens", row]]));
  const rowOf = (data: Int32Array) => tensor(["batch", "position"], [1, data.length], data);
  const positionsFrom = (count: number) =>
    tensor(
      ["position"],
      [count],
      Int32Array.from({ length: count }, (_, copy) => length - 1 + copy),
    );
  return new Map<string, Tensor<TensorData>>([
    ["tokens", rowOf(ids.map((at) => tokens[at]!))],
    [METRIC_INPUTS.targets, rowOf(ids.map(() => answer))],
    [METRIC_INPUTS.positions, positionsFrom(copies)],
    [LAST, positionsFrom(1)],
    ...program.inputs.flatMap((input) => {
      const value = filled.get(input.name);
      return value ? [[input.name, withCopies(input, value, ids, length)] as const] : [];
    }),
  ]);
}

/** Entries of the positions `ids`; in masks a copy of the last token sees itself and no other copy. */
function withCopies(
  { axes, fill }: ProgramInput,
  value: Tensor<TensorData>,
  ids: Int32Array,
  length: number,
): Tensor<TensorData> {
  const isMask = fill?.kind === "causalMask" || fill?.kind === "alibiMask";
  const isAt = (axis: number, name: string) => axes[axis]!.name === name;
  const shape = axes.map(({ size }, axis) =>
    size === "position" ? ids.length : value.shape[axis]!,
  );
  const size = shape.reduce((product, each) => product * each, 1);
  const data = new (value.data.constructor as Float32ArrayConstructor)(size);
  for (let to = 0; to < size; to++) {
    let [from, step, rest, query, key] = [0, 1, to, 0, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = (rest - at) / shape[axis]!;
      from += step * (axes[axis]!.size === "position" ? ids[at]! : at);
      step *= value.shape[axis]!;
      if (isAt(axis, "query")) query = at;
      if (isAt(axis, "key")) key = at;
    }
    const isOtherCopy = isMask && key >= length - 1 && query >= length - 1 && key !== query;
    data[to] = isOtherCopy ? -Infinity : value.data[from]!;
  }
  return tensor(value.axes, shape, data);
}

/** Switches of the heads that change, at the copies that they change in. */
function changeFeeds(
  changes: readonly (readonly HeadAt[])[],
  sources: readonly Tensor[],
  length: number,
): Map<string, Tensor<TensorData>> {
  const positions = length - 1 + changes.length;
  const feeds = new Map<string, Tensor<TensorData>>();
  changes.forEach((heads, copy) => {
    for (const { layer, head } of heads) {
      const { on, replacement } = replacementInputs(zName(layer));
      const source = sources[layer]!;
      const count = source.shape[0]!;
      if (!feeds.has(on))
        feeds
          .set(
            on,
            tensor(["position", "head"], [positions, count], new Uint8Array(positions * count)),
          )
          .set(replacement, source);
      feeds.get(on)!.data[(length - 1 + copy) * count + head] = 1;
    }
  });
  return feeds;
}
