/** @file One prepared session of a model whose heads can be switched off and looked into: what an interactive page needs. */
import { headName } from "../../base/headName.ts";
import { lossesByToken, nextTokens } from "../../measure/nextTokens.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import { closable, type Closable } from "../../base/closable.ts";
import type { Progress } from "../../base/progress.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import {
  attentionTables,
  ATTENTION_SCORES,
  type AttentionScore,
} from "../../measure/attentionTables.ts";
import { attentionTableFeeds } from "../../graph/edits/withAttentionScores.ts";
import { idealHeads, IDEAL_HEADS } from "../../measure/idealHeads.ts";
import type { Repeats } from "../../measure/repeats.ts";
import { mean } from "../../measure/mean.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import { meansOverRows } from "../meansOverRows.ts";
import type { Architecture } from "../../models/family.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import { headsIn } from "../../models/headCounts.ts";
import { requirePart } from "../../models/anatomy/programAnatomy.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { IdealPattern } from "../../results/causalNames.ts";
import type { EngineOptions } from "../../base/backend.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { turn } from "../../runtime/turn.ts";
import { layersAlike, workbenchProgram, WORKBENCH_VALUES } from "./workbenchProgram.ts";

/** What is done to one head. `ideal` puts an exact pattern in the place of its own; the others change `hook_z`. */
export interface HeadEdit {
  readonly layer: number;
  readonly head: number;
  readonly kind: "zero" | "mean" | "resample" | "ideal";
  /** Needed by `ideal`, which needs rows that repeat. */
  readonly pattern?: IdealPattern | undefined;
}

export interface WorkbenchRows {
  /** Token ids, axes [batch, position]. */
  readonly tokens: Tensor<Int32Array>;
  /** Where a block of tokens repeats; null: scores and ideal patterns have no meaning. */
  readonly repeats: Repeats | null;
}

export interface WorkbenchOptions {
  /** What is done to heads; left out: nothing. */
  readonly edits?: readonly HeadEdit[] | undefined;
  /** Needed by `mean` and `resample`. */
  readonly reference?: Reference | undefined;
  /** Number of the first row where rows are run in parts: `resample` pairs reference rows by it. Left out: 0. */
  readonly firstRow?: number | undefined;
  /** Layer whose patterns and value norms are wanted. */
  readonly layer?: number | undefined;
  /** Positions whose logits are wanted. */
  readonly logitPositions?: readonly number[] | undefined;
}

/** What heads put out on other rows of the same length, by layer. */
export interface Reference {
  readonly rows: number;
  /** Mean of hook_z over the rows: [position, head, d_head]. */
  readonly means: readonly Tensor[];
  /** hook_z of each row: [batch, position, head, d_head]. */
  readonly values: readonly Tensor[];
}

export interface WorkbenchRun {
  /** -log p of the token at each position, in nats: [batch, position]; NaN at position 0, which nothing predicts. */
  readonly losses: Tensor;
  /** The five attention scores, means over rows, [layer][head]; null without repeats. */
  readonly scores: Readonly<Record<AttentionScore, number[][]>> | null;
  /** [batch, head, query, key] of the layer asked for; null if none was. */
  readonly patterns: Tensor | null;
  /** Norm of hook_v of that layer: [batch, position, head or kv_head]. */
  readonly valueNorms: Tensor | null;
  /** [batch, position, d_vocab] at the positions asked for; null if none were. */
  readonly logits: Tensor | null;
}

/** A model on the bench. Has memory until `close`. */
export interface Workbench extends Closable {
  /**
   * One forward pass of all rows, with the edits.
   *
   * @throws {InputError} "reference" or "repeats" for an edit that needs what is not there, and as `Session.run`
   */
  run(rows: WorkbenchRows, options?: WorkbenchOptions): Promise<WorkbenchRun>;
  /** Heads' outputs on other rows, for `mean` and `resample`; one forward pass for each row. */
  reference(tokens: Tensor<Int32Array>, options?: ReferenceOptions): Promise<Reference>;
}

export interface ReferenceOptions {
  /** Aborting it ends the work between two runs. */
  readonly signal?: AbortSignal | undefined;
  /** Told the step and how far it is. */
  readonly progress?: Progress | undefined;
}

const IDEALS = IDEAL_HEADS.length;

/**
 * Prepares a model once so that every edit of its heads afterwards costs one forward pass.
 *
 * zero, mean, resample and ideal mean what they mean in `ablateHeads`, and give the same losses: z = 0; z[position] = mean
 * over the reference rows; z of reference row i mod rows, i counted from `firstRow`; the pattern of `idealHeads`, values its own.
 *
 * @param sizes rows and tokens of the largest run, to see first whether the memory is there
 * @throws {InputError} "study" for a model without logits, and for what is not a model; @throws {UnableError} if the memory is not there
 */
export async function openWorkbench(
  model: LoadedModel,
  sizes: EngineOptions & { readonly rows: number; readonly length: number },
): Promise<Workbench> {
  checkIsModel("openWorkbench", model);
  const backend = await engineFor(model, sizes);
  const { architecture } = model;
  requirePart(anatomy(model.program, architecture).logits);
  const program = workbenchProgram(model.program, architecture, {
    measures: ATTENTION_SCORES.length,
    ideals: IDEALS,
  });
  const session = await prepare(program, backend, { batch: sizes.rows, position: sizes.length });
  const { layers } = architecture;
  const alike = layersAlike(model.program, layers);
  const scans = new Set(architecture.scan?.layers);
  return {
    run: async (rows, options = {}) => {
      checkEdits(rows, options, { ...architecture, scans });
      const shown = options.layer === undefined ? null : alike[options.layer]!;
      const trace = await session.run(
        feedsOf(session, rows, options),
        outputsFor(layers, rows, shown, options),
      );
      return {
        losses: lossesByToken(trace.get(WORKBENCH_VALUES.loss)!),
        scores:
          rows.repeats && scoresOf(layers, (layer) => trace.get(WORKBENCH_VALUES.scores(layer))!),
        patterns: shown === null ? null : trace.get(WORKBENCH_VALUES.patterns(shown))!,
        valueNorms: shown === null ? null : trace.get(WORKBENCH_VALUES.valueNorms(shown))!,
        logits: trace.get(WORKBENCH_VALUES.askedLogits) ?? null,
      };
    },
    reference: (tokens, options = {}) => referenceOf(session, layers, tokens, options),
    ...closable(() => session.close()),
  };
}

function outputsFor(
  layers: number,
  { repeats }: WorkbenchRows,
  shown: number | null,
  { logitPositions = [] }: WorkbenchOptions,
): string[] {
  const scores = Array.from({ length: layers }, (_, at) => WORKBENCH_VALUES.scores(at));
  return [
    WORKBENCH_VALUES.loss,
    ...(repeats ? scores : []),
    ...(shown === null
      ? []
      : [WORKBENCH_VALUES.patterns(shown), WORKBENCH_VALUES.valueNorms(shown)]),
    ...(logitPositions.length > 0 ? [WORKBENCH_VALUES.askedLogits] : []),
  ];
}

function feedsOf(
  session: Session,
  { tokens, repeats }: WorkbenchRows,
  { edits = [], reference, firstRow = 0, layer, logitPositions = [] }: WorkbenchOptions,
): Map<string, Tensor<TensorData>> {
  const [rows, length] = tokens.shape as readonly [number, number];
  const positions = logitPositions.length > 0 ? logitPositions : [0];
  const feeds = new Map<string, Tensor<TensorData>>([
    ["tokens", tokens],
    [WORKBENCH_VALUES.targets, nextTokens(tokens)],
    [
      WORKBENCH_VALUES.positions,
      tensor(["position"], [positions.length], Int32Array.from(positions)),
    ],
    ...attentionTableFeeds(repeats ? attentionTables(repeats) : noTables(length)),
  ]);
  if (session.program.inputs.some(({ name }) => name === WORKBENCH_VALUES.ideals))
    feeds.set(
      WORKBENCH_VALUES.ideals,
      renameAxes(repeats ? idealHeads(repeats) : noIdeals(length)),
    );
  if (layer !== undefined)
    feeds.set(WORKBENCH_VALUES.showSwitch(layer), tensor([], [], Float32Array.of(1)));
  for (const at of new Set(edits.map((edit) => edit.layer))) {
    const layerEdits = edits.filter((edit) => edit.layer === at);
    const sizes = { rows, length, reference, firstRow };
    for (const [name, value] of outputFeeds(session, at, layerEdits, sizes)) feeds.set(name, value);
    for (const [name, value] of idealFeeds(session, at, layerEdits, rows)) feeds.set(name, value);
  }
  return feeds;
}

const noTables = (length: number) =>
  zeros(["measure", "query", "key"], [ATTENTION_SCORES.length, length, length]);
const noIdeals = (length: number) => zeros(["head", "query", "key"], [IDEALS, length, length]);

/** The switch of a layer's `hook_z`, and what the switched heads put out in its place. */
function outputFeeds(
  session: Session,
  layer: number,
  edits: readonly HeadEdit[],
  {
    rows,
    length,
    reference,
    firstRow,
  }: {
    readonly rows: number;
    readonly length: number;
    readonly reference: Reference | undefined;
    readonly firstRow: number;
  },
): [string, Tensor<TensorData>][] {
  const ablations = edits.filter(({ kind }) => kind !== "ideal");
  if (ablations.length === 0) return [];
  const names = WORKBENCH_VALUES.zSwitch(layer);
  const [heads, width] = sizesOf(session, names.replacement).slice(2) as [number, number];
  const on = zeros(["batch", "head"], [rows, heads], Uint8Array);
  const instead = zeros(["batch", "position", "head", "d_head"], [rows, length, heads, width]);
  for (let row = 0; row < rows; row++) {
    for (const { head, kind } of ablations) {
      on.data[row * heads + head] = 1;
      if (kind === "zero") continue;
      const source = kind === "mean" ? reference!.means[layer]! : reference!.values[layer]!;
      const first = kind === "mean" ? 0 : ((firstRow + row) % reference!.rows) * length;
      for (let position = 0; position < length; position++) {
        const from = ((first + position) * heads + head) * width;
        const to = ((row * length + position) * heads + head) * width;
        instead.data.set(source.data.subarray(from, from + width), to);
      }
    }
  }
  return [
    [names.on, on],
    [names.replacement, instead],
  ];
}

/** Which heads of a layer take an ideal pattern, and which. */
function idealFeeds(
  session: Session,
  layer: number,
  edits: readonly HeadEdit[],
  rows: number,
): [string, Tensor<TensorData>][] {
  const ideal = edits.filter(({ kind }) => kind === "ideal");
  if (ideal.length === 0) return [];
  const heads = sizesOf(session, WORKBENCH_VALUES.idealOn(layer))[1]!;
  const on = zeros(["batch", "head"], [rows, heads], Uint8Array);
  const of = zeros(["batch", "head", "ideal"], [rows, heads, IDEALS]);
  for (let row = 0; row < rows; row++) {
    for (const { head, pattern } of ideal) {
      on.data[row * heads + head] = 1;
      of.data[(row * heads + head) * IDEALS + IDEAL_HEADS.indexOf(pattern!)] = 1;
    }
  }
  return [
    [WORKBENCH_VALUES.idealOn(layer), on],
    [WORKBENCH_VALUES.idealOf(layer), of],
  ];
}

function sizesOf({ program }: Session, input: string): number[] {
  return program.inputs.find(({ name }) => name === input)!.axes.map(({ size }) => Number(size));
}

function checkEdits(
  { tokens, repeats }: WorkbenchRows,
  { edits = [], reference }: WorkbenchOptions,
  { scans, ...architecture }: Architecture & { readonly scans: ReadonlySet<number> },
): void {
  const { layers } = architecture;
  for (const { layer, head, kind, pattern } of edits) {
    if (!(layer < layers && head < headsIn(architecture, layer)))
      throw new InputError(
        "unknown-head",
        `the model has heads 0.0 to ${headName({ layer: layers - 1, head: headsIn(architecture, layers - 1) - 1 })}, got ${headName({ layer, head })}`,
      );
    if (kind === "ideal" && scans.has(layer))
      throw new InputError(
        "study",
        `${headName({ layer, head })} cannot get an ideal pattern: layer ${layer} is a state-space layer, whose pattern is only looked at`,
      );
    if (kind === "ideal" && (!repeats || pattern === undefined))
      throw new InputError(
        "repeats",
        `an ideal pattern of ${headName({ layer, head })} needs rows that repeat`,
      );
    const fits = reference?.means[0]?.shape[0] === tokens.shape[1];
    if ((kind === "mean" || kind === "resample") && !fits)
      throw new InputError(
        "reference",
        `${kind} ablation of ${headName({ layer, head })} needs reference rows of ${tokens.shape[1]} tokens`,
      );
  }
}

/** hook_z of every row, one row at a time, and its mean. */
async function referenceOf(
  session: Session,
  layers: number,
  tokens: Tensor<Int32Array>,
  { signal, progress }: ReferenceOptions,
): Promise<Reference> {
  const [rows, length] = tokens.shape as readonly [number, number];
  const names = Array.from({ length: layers }, (_, layer) => WORKBENCH_VALUES.z(layer));
  const values: Tensor[] = [];
  const means = meansOverRows();
  for (let row = 0; row < rows; row++) {
    throwIfAborted(signal);
    const rowIds = tokens.data.slice(row * length, (row + 1) * length);
    const alone = { tokens: tensor(["batch", "position"], [1, length], rowIds), repeats: null };
    const trace = await session.run(feedsOf(session, alone, {}), names);
    names.forEach((name, layer) => {
      const { axes, shape, data } = trace.get(name)!;
      means.add(name, trace.get(name)!);
      values[layer] ??= zeros(axes, [rows, ...shape.slice(1)]);
      values[layer].data.set(data, row * data.length);
    });
    progress?.("reading reference rows", row + 1, rows);
    await turn();
  }
  const byName = means.means();
  return { rows, values, means: names.map((name) => withoutRows(byName.get(name)!)) };
}

/** [1, ...] as [...]. */
function withoutRows({ axes, shape, data }: Tensor): Tensor {
  return tensor(axes.slice(1), shape.slice(1), data);
}

/** Means over the batch. */
function scoresOf(
  layers: number,
  traceOf: (layer: number) => Tensor,
): Record<AttentionScore, number[][]> {
  const unpacked = Array.from({ length: layers }, (_, layer) => unpackScores(traceOf(layer)));
  return Object.fromEntries(
    ATTENTION_SCORES.map((name, measure) => [
      name,
      unpacked.map((measures) => measures[measure]!.map(mean)),
    ]),
  ) as Record<AttentionScore, number[][]>;
}

function renameAxes({ shape, data }: Tensor): Tensor {
  return tensor(["ideal", "query", "key"], shape, data);
}

function zeros(axes: readonly string[], shape: readonly number[]): Tensor;
function zeros<Data extends TensorData>(
  axes: readonly string[],
  shape: readonly number[],
  kind: new (length: number) => Data,
): Tensor<Data>;
function zeros(
  axes: readonly string[],
  shape: readonly number[],
  kind: new (length: number) => TensorData = Float32Array,
): Tensor<TensorData> {
  return tensor(axes, shape, new kind(sizeOf(shape)));
}
