/** @file `scoreStacks`: what `score` measures in encoders and models with several stacks, direction by direction. */
import type { Backend, Feeds } from "../../base/backend.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import {
  attentionScoreValues,
  attentionTableFeeds,
  withAttentionScores,
} from "../../graph/edits/withAttentionScores.ts";
import { TOKEN_LOSS_VALUES, withTokenLoss } from "../../graph/edits/withTokenLoss.ts";
import { prune, type Program } from "../../graph/program.ts";
import type { CrossRows, FedRows } from "../../inputs/stackRows.ts";
import { nextTokens } from "../../measure/nextTokens.ts";
import { crossTables, selfTables } from "../../measure/stackScores.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import { rowsPerRun } from "../../runtime/chunks.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { prepare } from "../../runtime/prepare.ts";
import { checkCanRun } from "../common/canRun.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { stacksResultOf, type MeasuredPart } from "./buildResult.ts";
import { scoredStacks, type ScoredStack } from "./parts.ts";
import { SCORE_STACKS_OPTIONS, scoreStacksPlan, type ScoreStacksOptions } from "./plan.ts";
import type { StacksResult } from "./result.ts";

/** What all runs of a study are lent. */
type Lent = Pick<StudyOptions, "signal" | "progress"> & { readonly backend: Backend };

/**
 * Scores every head of an encoder, or of each stack of a model that reads tokens in several.
 *
 * Encoders see both directions, so each is scored by itself: back (queries of the second copy) and ahead (queries of the first).
 * A decoder's attention to itself has its five scores, on tokens that its encoder does not read; its attention to the encoder is
 * scored where it is made to write what the encoder reads.
 *
 * @returns scores from 0 to 1 with 95 % intervals, and in encoder-decoders losses in nats. Attention without any structure scores `uniform`
 * @throws {InputError} "study" for a model that `score` measures, or one that reads no tokens; for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function scoreStacks(
  model: LoadedModel,
  options: ScoreStacksOptions = {},
): Promise<StacksResult> {
  checkOptionNames("scoreStacks", options, SCORE_STACKS_OPTIONS);
  checkCanRun("score-stacks", model);
  const backend = await engineFor(model, options);
  const plan = scoreStacksPlan(model, options);
  const { rows, lossExamples } = plan;
  const { self, repeats, across } = rows;
  const parts = scoredStacks(model.program, model.architecture);
  const lent = { backend, signal: options.signal, progress: options.progress };
  return whileUnchanged(model, backend, async (elapsed) => {
    const own = parts.filter(({ direction }) => direction !== "across");
    const crossing = parts.filter(({ direction }) => direction === "across");
    const tabled = [
      ...own.map((part) => ({
        ...part,
        tables: selfTables(repeats.get(part.input)!, part.direction as "back"),
      })),
      ...crossing.map((part) => ({ ...part, tables: crossTables(across!.crossing) })),
    ];
    const alone = tabled.filter(({ direction }) => direction !== "across");
    const measured = await measure(model.program, alone, self, lent);
    const looking = alone.filter(({ input }) => input === "pixels");
    const controls = rows.control ? await measure(model.program, looking, rows.control, lent) : [];
    const crossed = across
      ? await measure(model.program, tabled.slice(alone.length), across.copied, lent)
      : [];
    const losses =
      across && lossExamples > 0 ? await copyLosses(model, across, lossExamples, lent) : null;
    const controlOf = ({ input, direction }: MeasuredPart) =>
      input === "pixels" ? controls.find((one) => one.direction === direction) : undefined;
    const all: MeasuredPart[] = [
      ...measured.map((part) => ({ ...part, control: controlOf(part)?.scores })),
      ...crossed,
    ];
    return stacksResultOf(model, backend, plan, { parts: all, losses }, { run: elapsed() });
  });
}

interface Tabled extends ScoredStack {
  readonly tables: Tensor;
}

/** The scores of some parts on the same rows, in one session. */
async function measure(
  program: Program,
  parts: readonly Tabled[],
  rows: FedRows,
  lent: Lent,
): Promise<MeasuredPart[]> {
  const scored = parts.reduce(
    (before, { scored: part, layers, tables }) =>
      withAttentionScores(before, { layers, measures: tables.shape[0]!, part }),
    { ...program, outputs: [] as readonly string[] },
  );
  const feeds = parts.flatMap(({ tables, scored: part }) => attentionTableFeeds(tables, part));
  const examples = [...rows.values()][0]!.shape[0]!;
  const found = parts.map((part) => ({ ...part, scores: emptyScores(part, examples) }));
  await inRuns(prune(scored), rows, feeds, lent, (trace, first) => {
    for (const { scored: part, layers, scores } of found) {
      const names = attentionScoreValues(part);
      for (let layer = 0; layer < layers; layer++)
        unpackScores(trace.get(names.scores(layer))!).forEach((heads, score) =>
          heads.forEach((values, head) => scores[score]![layer]![head]!.set(values, first)),
        );
    }
  });
  return found;
}

/** [score][layer][head], a number for each example. */
function emptyScores({ tables, layers, heads }: Tabled, examples: number): Float64Array[][][] {
  return Array.from({ length: tables.shape[0]! }, () =>
    Array.from({ length: layers }, () =>
      Array.from({ length: heads }, () => new Float64Array(examples)),
    ),
  );
}

/** Mean -log p of the block's tokens, by example, beside an encoder that reads them and one that reads others. */
async function copyLosses(
  { program, architecture }: LoadedModel,
  { copied, other, crossing }: CrossRows,
  examples: number,
  lent: Lent,
): Promise<{ readonly copied: Float64Array; readonly other: Float64Array }> {
  const lossy = prune(withTokenLoss({ ...program, outputs: [] }, architecture.vocabulary));
  const of = async (rows: FedRows) => {
    const first = new Map([...rows].map(([name, value]) => [name, someRows(value, 0, examples)]));
    const decoder = first.get("decoder") as Tensor<Int32Array>;
    const fed = new Map([...first, [TOKEN_LOSS_VALUES.targets, nextTokens(decoder)] as const]);
    const means = new Float64Array(examples);
    await inRuns(lossy, fed, [], lent, (trace, from) => {
      const { data, shape } = trace.get(TOKEN_LOSS_VALUES.loss)!;
      for (let row = 0; row < shape[0]!; row++) {
        const own = data.subarray(row * shape[1]!, row * shape[1]! + crossing.period);
        means[from + row] = own.reduce((sum, one) => sum + one, 0) / crossing.period;
      }
    });
    return means;
  };
  return { copied: await of(copied), other: await of(other) };
}

/** Runs all rows, as many at a time as fit, and hands over what they give with the row that it begins with. */
async function inRuns(
  program: Program,
  rows: FedRows,
  more: readonly (readonly [string, Tensor<TensorData>])[],
  { backend, signal, progress }: Lent,
  receive: (trace: ReadonlyMap<string, Tensor>, first: number) => void,
): Promise<void> {
  const read = [...rows].filter(([name]) => program.inputs.some((input) => input.name === name));
  const examples = read[0]![1].shape[0]!;
  const lengths = lengthsOf(program, read);
  const perRun = rowsPerRun(program, backend, lengths);
  const symbols = read.map(([name]) => inputNamed(program, name).axes[0]!.size);
  const counts = Object.fromEntries(symbols.map((symbol) => [symbol, perRun]));
  const session = await prepare(program, backend, { ...lengths, ...counts });
  const runs = Array.from({ length: Math.ceil(examples / perRun) }, (_, run): Feeds => {
    const count = Math.min(perRun, examples - run * perRun);
    const part = read.map(([name, value]) => [name, someRows(value, run * perRun, count)] as const);
    return new Map([...part, ...more]);
  });
  const step = "scoring";
  try {
    await session.pass(
      runs,
      (trace, run) => {
        receive(trace, run * perRun);
        progress?.(step, Math.min((run + 1) * perRun, examples), examples);
      },
      { signal, progress, step },
    );
  } finally {
    await session.close();
  }
}

/** Lengths of the symbols that rows give. */
function lengthsOf(
  program: Program,
  rows: readonly (readonly [string, Tensor<TensorData>])[],
): Record<string, number> {
  const lengths: Record<string, number> = {};
  for (const [name, { shape }] of rows)
    inputNamed(program, name).axes.forEach(({ size }, at) => {
      if (typeof size === "string" && at > 0) lengths[size] = shape[at]!;
    });
  return lengths;
}

function inputNamed({ inputs }: Program, name: string) {
  return inputs.find((input) => input.name === name)!;
}

function someRows(value: Tensor<TensorData>, first: number, count: number): Tensor<TensorData> {
  const inner = sizeOf(value.shape.slice(1));
  const part = value.data.slice(first * inner, (first + count) * inner);
  return tensor(value.axes, [count, ...value.shape.slice(1)], part);
}
