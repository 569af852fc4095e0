/** @file `ablateStacks`: what each head of a model that is not a decoder does for what the model is asked. */
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";
import { InputError } from "../../base/errors.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { replace, replacementInputs } from "../../graph/edits/replace.ts";
import { slice } from "../../graph/edits/slice.ts";
import { prune } from "../../graph/program.ts";
import { stackRows, type FedRows } from "../../inputs/stackRows.ts";
import { GENERATED_INPUT, type GeneratedInput } from "../../inputs/scoreInput.ts";
import { meansOverRows } from "../../interventions/meansOverRows.ts";
import { takeRows } from "../../interventions/rows.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import type { MediaFile } from "../../inputs/media/mediaInputs.ts";
import type { Numbers } from "../../inputs/modelInputs.ts";
import { nextOnes, ownImages, withImages } from "./ownImages.ts";
import { openTask, type AblationTask } from "./ablationTask.ts";
import { ablationResultOf, type AblatedPart } from "./buildAblation.ts";
import { scoredStacks, type ScoredStack } from "./parts.ts";
import type { StackAblationResult } from "./resultAblate.ts";
import { withRuns, type Lent, type Runs, type SharedValues } from "./stackRuns.ts";

export interface AblateStacksOptions extends GeneratedInput, StudyOptions {
  /** What a head's output becomes: its mean over the rows at each position, or 0. Left out: "mean". */
  readonly kind?: "mean" | "zero" | undefined;
  /** Heads in the list of those that matter most; left out: 5. */
  readonly topHeads?: number | undefined;
  /** Of a model that sees: PNG or JPEG files, or pixels [image, channel, row, column], two or more, in place of noise. */
  readonly images?: readonly MediaFile[] | Numbers | undefined;
  /** Of an encoder of text: the id that hides a token; left out: the tokenizer's. */
  readonly maskToken?: number | undefined;
}

export const ABLATE_STACKS_OPTIONS: OptionNames<AblateStacksOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  kind: true,
  topHeads: true,
  images: true,
  maskToken: true,
};

/** Each head is two passes over all rows. */
const EXAMPLES = 30;

/**
 * Takes every head out, and puts every head's output into a run that lacks what it found.
 *
 * harm = loss without the head - loss; restored = loss(other rows) - loss(other rows with the head's output of the rows): zero ablation
 * or mean ablation, and activation patching, at `hook_z` of every attention. What the loss is depends on the model:
 *
 * - an encoder-decoder: mean -log p of the tokens to write, where the encoder reads them; other: where it reads others;
 * - an encoder of text: mean -log p of masked tokens of the second copy; other: beside another first copy;
 * - an encoder of images that tells classes: -log p of the class that the whole model says; other: another image (of `images` the next one);
 * - other towers of images: 1 - cosine of the embedding and the whole model's; other: another image.
 *
 * @returns nats (of embeddings: 1 - cosine) by head; about 0 for heads that do nothing for it
 * @throws {InputError} "study" for a model that is asked none of these, and for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function ablateStacks(
  model: LoadedModel,
  options: AblateStacksOptions = {},
): Promise<StackAblationResult> {
  checkOptionNames("ablateStacks", options, ABLATE_STACKS_OPTIONS);
  checkCanRun("ablate-stacks", model);
  const {
    kind = "mean",
    topHeads = 5,
    numExamples = EXAMPLES,
    maskToken,
    images,
    ...rest
  } = options;
  if (kind !== "mean" && kind !== "zero")
    throw new InputError(
      "options",
      `\`kind\` is mean or zero where a model is not a decoder, got ${String(kind)}`,
      {
        option: "kind",
      },
    );
  const engine = await engineFor(model, options);
  const pixels = images && (await ownImages(model, images));
  const drawnRows = stackRows(model.program, model.architecture, { ...rest, numExamples });
  const rows = pixels ? withImages(drawnRows, pixels) : drawnRows;
  const all = onePerAttention(scoredStacks(model.program, model.architecture));
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const lent = { backend, signal: options.signal, progress: options.progress };
    const task = await openTask(model, rows, {
      maskToken,
      others: pixels && nextOnes(pixels),
      lent,
    });
    const parts = all.filter(({ input }) => task.inputs.includes(input));
    const outputs = await headOutputs(task, parts, lent);
    const measured = await effects(task, parts, { kind, outputs, lent });
    const timings = { run: elapsed() };
    return ablationResultOf(model, backend, { rows, task, kind, topHeads }, measured, timings);
  });
}

/** The attention of each stack once, whichever directions it is scored in. */
function onePerAttention(parts: readonly ScoredStack[]): ScoredStack[] {
  return parts.filter(({ direction }) => direction !== "ahead");
}

const outputOf = ({ scored: { prefix, attention } }: ScoredStack, layer: number) =>
  `${prefix}blocks.${layer}.${attention}.hook_z`;

type Outputs = ReadonlyMap<string, Tensor>;

/** What each head gives on the rows, by name: [example, position, head, d_head]. */
async function headOutputs(
  { program, rows }: AblationTask,
  parts: readonly ScoredStack[],
  lent: Lent,
): Promise<Outputs> {
  const names = parts.flatMap((part) =>
    Array.from({ length: part.layers }, (_, layer) => outputOf(part, layer)),
  );
  const outputs = new Map<string, Tensor>();
  const examples = examplesOf(rows);
  await withRuns(slice(program, { outputs: names }), rows, lent, (runs) =>
    runs.pass(rows, [], (trace, first) => {
      for (const name of names) {
        const value = trace.get(name)!;
        const shape = [examples, ...value.shape.slice(1)];
        const all = outputs.get(name) ?? tensor(value.axes, shape, new Float32Array(sizeOf(shape)));
        all.data.set(value.data, first * sizeOf(shape.slice(1)));
        outputs.set(name, all);
      }
    }),
  );
  return outputs;
}

const examplesOf = (rows: FedRows) => [...rows.values()][0]!.shape[0]!;

async function effects(
  task: AblationTask,
  parts: readonly ScoredStack[],
  {
    kind,
    outputs,
    lent,
  }: { readonly kind: "mean" | "zero"; readonly outputs: Outputs; readonly lent: Lent },
) {
  const switched = [...outputs.keys()].reduce(
    (edited, name) => replace(edited, name, { by: ["head"] }),
    task.program,
  );
  return withRuns(prune(switched), task.rows, lent, async (runs) => {
    const losses = {
      copied: await lossesOf(runs, task, task.rows),
      other: await lossesOf(runs, task, task.other),
    };
    const measured: AblatedPart[] = [];
    for (const part of parts) {
      const [harmed, restored]: [Float64Array[][], Float64Array[][]] = [[], []];
      for (let layer = 0; layer < part.layers; layer++) {
        const name = outputOf(part, layer);
        const own = outputs.get(name)!;
        const without = kind === "zero" ? zeros(own) : meanForAll(name, own);
        const each = (rows: FedRows, by: Tensor) =>
          ofEachHead(runs, task, { rows, name, by, heads: part.heads });
        harmed.push(await each(task.rows, without));
        restored.push(await each(task.other, own));
      }
      measured.push({ ...part, harmed, restored });
    }
    return { losses, parts: measured };
  });
}

/** Losses by example, with one head's output replaced at a time. */
async function ofEachHead(
  runs: Runs,
  task: AblationTask,
  {
    rows,
    name,
    by,
    heads,
  }: {
    readonly rows: FedRows;
    readonly name: string;
    readonly by: Tensor;
    readonly heads: number;
  },
): Promise<Float64Array[]> {
  const { on, replacement } = replacementInputs(name);
  const feeds: FedRows = new Map<string, Tensor<TensorData>>([...rows, [replacement, by]]);
  const losses: Float64Array[] = [];
  for (let head = 0; head < heads; head++) {
    const data = Uint8Array.from({ length: heads }, (_, index) => Number(index === head));
    const more: SharedValues = [[on, tensor(["head"], [heads], data)]];
    losses.push(await lossesOf(runs, task, feeds, more));
  }
  return losses;
}

async function lossesOf(
  runs: Runs,
  task: AblationTask,
  rows: FedRows,
  more: SharedValues = [],
): Promise<Float64Array> {
  const losses = new Float64Array(examplesOf(rows));
  await runs.pass(rows, more, (trace, first) => losses.set(task.lossesOf(trace, first), first));
  return losses;
}

function zeros({ axes, shape, data }: Tensor): Tensor {
  return tensor(axes, shape, new Float32Array(data.length));
}

/** The mean over rows at each position, as often as there are rows. */
function meanForAll(name: string, value: Tensor): Tensor {
  const means = meansOverRows();
  means.add(name, value);
  return takeRows(means.means().get(name)!, new Array<number>(value.shape[0]!).fill(0));
}
