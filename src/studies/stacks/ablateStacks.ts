/** @file `ablateStacks`: what each head of an encoder-decoder does for the copy that the decoder is to write. */
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";
import { InputError } from "../../base/errors.ts";
import { sizeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { replace, replacementInputs } from "../../graph/edits/replace.ts";
import { slice } from "../../graph/edits/slice.ts";
import { stackRows, type CrossRows, type FedRows } from "../../inputs/stackRows.ts";
import { GENERATED_INPUT, type GeneratedInput } from "../../inputs/scoreInput.ts";
import { meansOverRows } from "../../interventions/meansOverRows.ts";
import { takeRows } from "../../interventions/rows.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { ablationResultOf, type AblatedPart } from "./buildAblation.ts";
import { copyLosses, lossProgram, lossRows, meanLosses } from "./copyLosses.ts";
import { scoredStacks, type ScoredStack } from "./parts.ts";
import type { StackAblationResult } from "./resultAblate.ts";
import { withRuns, type Lent, type Runs, type SharedValues } from "./stackRuns.ts";

export interface AblateStacksOptions extends GeneratedInput, StudyOptions {
  /** What a head's output becomes: its mean over the rows at each position, or 0. Left out: "mean". */
  readonly kind?: "mean" | "zero" | undefined;
  /** Heads in the list of those that matter most; left out: 5. */
  readonly topHeads?: number | undefined;
}

export const ABLATE_STACKS_OPTIONS: OptionNames<AblateStacksOptions> = {
  ...STUDY_OPTIONS,
  ...GENERATED_INPUT,
  kind: true,
  topHeads: true,
};

/** Each head is two passes over all rows. */
const EXAMPLES = 30;

/**
 * Takes every head out of an encoder-decoder, and puts every head's output into a run that lacks what it found.
 *
 * harm = loss(copy without the head) - loss(copy), where the encoder reads the tokens that the decoder is to write; restored =
 * loss(other) - loss(other with the head's output of the copy), where it reads others: zero ablation or mean ablation, and activation
 * patching, at `hook_z` of encoder, decoder and cross-attention.
 *
 * @returns nats by head; about 0 for heads that do nothing for the copy. A model that does not copy has nothing to harm or restore
 * @throws {InputError} "study" for a model without an encoder of tokens or without logits, and for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function ablateStacks(
  model: LoadedModel,
  options: AblateStacksOptions = {},
): Promise<StackAblationResult> {
  checkOptionNames("ablateStacks", options, ABLATE_STACKS_OPTIONS);
  checkCanRun("ablate-stacks", model);
  const { kind = "mean", topHeads = 5, numExamples = EXAMPLES, ...rest } = options;
  if (kind !== "mean" && kind !== "zero")
    throw new InputError(
      "options",
      `\`kind\` is mean or zero on encoder-decoders, got ${String(kind)}`,
      {
        option: "kind",
      },
    );
  const engine = await engineFor(model, options);
  const rows = stackRows(model.program, model.architecture, { ...rest, numExamples });
  const parts = onePerAttention(scoredStacks(model.program, model.architecture));
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const lent = { backend, signal: options.signal, progress: options.progress };
    const outputs = await headOutputs(model, parts, rows.across!, lent);
    const measured = await effects(model, parts, rows.across!, { kind, outputs, lent });
    const timings = { run: elapsed() };
    return ablationResultOf(model, backend, { rows, kind, topHeads }, measured, timings);
  });
}

/** The attention of each stack once, whichever directions it is scored in. */
function onePerAttention(parts: readonly ScoredStack[]): ScoredStack[] {
  return parts.filter(({ direction }) => direction !== "ahead");
}

const outputOf = ({ scored: { prefix, attention } }: ScoredStack, layer: number) =>
  `${prefix}blocks.${layer}.${attention}.hook_z`;

type Outputs = ReadonlyMap<string, Tensor>;

/** What each head gives where the encoder reads the tokens to write, by name: [example, position, head, d_head]. */
async function headOutputs(
  { program }: LoadedModel,
  parts: readonly ScoredStack[],
  { copied }: CrossRows,
  lent: Lent,
): Promise<Outputs> {
  const names = parts.flatMap((part) =>
    Array.from({ length: part.layers }, (_, layer) => outputOf(part, layer)),
  );
  const outputs = new Map<string, Tensor>();
  const examples = copied.get("decoder")!.shape[0]!;
  await withRuns(slice(program, { outputs: names }), copied, lent, (runs) =>
    runs.pass(copied, [], (trace, first) => {
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

async function effects(
  { program, architecture }: LoadedModel,
  parts: readonly ScoredStack[],
  across: CrossRows,
  {
    kind,
    outputs,
    lent,
  }: { readonly kind: "mean" | "zero"; readonly outputs: Outputs; readonly lent: Lent },
) {
  const switched = [...outputs.keys()].reduce(
    (edited, name) => replace(edited, name, { by: ["head"] }),
    program,
  );
  const lossy = lossProgram(switched, architecture.vocabulary);
  const rows = lossRows(across, across.copied.get("decoder")!.shape[0]!);
  return withRuns(lossy, rows.copied, lent, async (runs) => {
    const losses = await copyLosses(runs, rows);
    const measured: AblatedPart[] = [];
    for (const part of parts) {
      const [harmed, restored]: [Float64Array[][], Float64Array[][]] = [[], []];
      for (let layer = 0; layer < part.layers; layer++) {
        const name = outputOf(part, layer);
        const own = outputs.get(name)!;
        const without = kind === "zero" ? zeros(own) : meanForAll(name, own);
        const each = (rowFeeds: FedRows, by: Tensor) =>
          ofEachHead(runs, { rows: rowFeeds, name, by, heads: part.heads }, rows.crossing);
        harmed.push(await each(rows.copied, without));
        restored.push(await each(rows.other, own));
      }
      measured.push({ ...part, harmed, restored });
    }
    return { losses, parts: measured };
  });
}

/** Mean losses by example, with one head's output replaced at a time. */
async function ofEachHead(
  runs: Runs,
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
  crossing: CrossRows["crossing"],
): Promise<Float64Array[]> {
  const { on, replacement } = replacementInputs(name);
  const feeds: FedRows = new Map<string, Tensor<TensorData>>([...rows, [replacement, by]]);
  const losses: Float64Array[] = [];
  for (let head = 0; head < heads; head++) {
    const data = Uint8Array.from({ length: heads }, (_, index) => Number(index === head));
    const more: SharedValues = [[on, tensor(["head"], [heads], data)]];
    losses.push(await meanLosses(runs, feeds, crossing, more));
  }
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
