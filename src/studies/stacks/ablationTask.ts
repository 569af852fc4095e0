/** @file The task by which heads of models other than decoders are judged: a loss of each row, and rows that lack what heads find. */
import { InputError } from "../../base/errors.ts";
import type { Tensor, TensorData } from "../../base/tensor.ts";
import { slice } from "../../graph/edits/slice.ts";
import { TOKEN_LOSS_VALUES } from "../../graph/edits/withTokenLoss.ts";
import type { Program } from "../../graph/program.ts";
import { imageRows } from "../../inputs/imageRows.ts";
import { maskedRows } from "../../inputs/maskedRows.ts";
import type { FedRows, StackRows } from "../../inputs/stackRows.ts";
import { logSumExp } from "../../measure/softmax.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { lossProgram, lossRows } from "./copyLosses.ts";
import type { StackAblationResult } from "./resultAblate.ts";
import { withRuns, type Lent } from "./stackRuns.ts";

export interface AblationTask {
  readonly name: StackAblationResult["task"];
  /** What is read, in words. */
  readonly words: string;
  /** Gives what `lossesOf` reads. */
  readonly program: Program;
  readonly rows: FedRows;
  /** The same question where what heads find in `rows` is not there. */
  readonly other: FedRows;
  /** The loss of each row of a run whose first row is `first`. */
  readonly lossesOf: (trace: ReadonlyMap<string, Tensor>, first: number) => ArrayLike<number>;
  /** What heads see: stacks of others are not changed. */
  readonly inputs: readonly string[];
}

/** The task of a model; null where there is none. */
export function taskOf({ program }: Pick<LoadedModel, "program">): AblationTask["name"] | null {
  const reads = new Set(program.inputs.map(({ name }) => name));
  const hasLogits = program.absent?.["logits"] === undefined;
  if (reads.has("decoder")) return reads.has("encoder") && hasLogits ? "copy" : null;
  if (reads.has("pixels"))
    return !reads.has("tokens") && program.outputs.includes("logits") ? "class" : "embedding";
  return hasLogits && reads.has("tokens") ? "masked" : null;
}

/**
 * @param maskToken the id that hides a token, for encoders of text; left out: the tokenizer's
 * @throws {InputError} "options" for an encoder of text whose mask's id is not known
 */
export async function openTask(
  model: LoadedModel,
  rows: StackRows,
  {
    maskToken,
    others,
    lent,
  }: {
    readonly maskToken?: number | undefined;
    /** Images that stand in for those of the rows; left out: noise. */
    readonly others?: Tensor | undefined;
    readonly lent: Lent;
  },
): Promise<AblationTask> {
  const name = taskOf(model)!;
  if (maskToken !== undefined && name !== "masked")
    throw new InputError("options", "`maskToken` is for encoders of text", { option: "maskToken" });
  if (name === "copy") return copyTask(model, rows);
  return name === "masked"
    ? maskedTask(model, rows, maskToken)
    : imageTask(model, rows, name, { others, lent });
}

/** mean -log p of the tokens that the decoder is to write. */
function copyTask(
  { program, architecture }: LoadedModel,
  { across, words, info }: StackRows,
): AblationTask {
  const { copied, other, crossing } = lossRows(across!, info.examples);
  return {
    ...{ name: "copy", words: words.across, rows: copied, other },
    program: lossProgram(program, architecture.vocabulary),
    lossesOf: (trace) =>
      meansAt(trace.get(TOKEN_LOSS_VALUES.loss)!, (_, position) => position < crossing.period),
    inputs: ["encoder", "decoder"],
  };
}

/** mean -log p of masked tokens whose other copy is there to read. */
async function maskedTask(
  model: LoadedModel,
  { self, repeats }: StackRows,
  maskToken: number | undefined,
): Promise<AblationTask> {
  const id = maskToken ?? (await maskOf(model));
  const { program, architecture } = model;
  const masked = maskedRows(self.get("tokens") as Tensor<Int32Array>, repeats.get("tokens")!, {
    ...{ mask: id, architecture },
  });
  const targets = [TOKEN_LOSS_VALUES.targets, self.get("tokens")!] as const;
  const withTargets = (tokens: Tensor<TensorData>): FedRows =>
    new Map([["tokens", tokens], targets]);
  const { tokens } = masked;
  return {
    ...{ name: "masked", words: masked.words, inputs: ["tokens"] },
    ...{ rows: withTargets(tokens), other: withTargets(masked.other) },
    program: lossProgram(program, architecture.vocabulary),
    lossesOf: (trace) =>
      meansAt(trace.get(TOKEN_LOSS_VALUES.loss)!, (_, position) => masked.places.has(position)),
  };
}

const MASKS = ["[MASK]", "<mask>"];

async function maskOf(model: LoadedModel): Promise<number> {
  const tokenizer = await model.tokenizer();
  const found = tokenizer?.specialTokens.find(({ content }) => MASKS.includes(content));
  if (found) return found.id;
  throw new InputError(
    "options",
    `ablation of an encoder of text masks tokens, and ${tokenizer ? "its tokenizer has no [MASK] or <mask>" : "there is no tokenizer that names its mask"}: give \`maskToken\``,
    { option: "maskToken" },
  );
}

/**
 * -log p of the class that the whole model says, or 1 - cosine of the image's embedding and the whole model's. The embedding is
 * `image_embeds` of two towers, else the vector of the class at the end (of all patches where there is none).
 */
async function imageTask(
  { program, architecture }: LoadedModel,
  { self, info }: StackRows,
  name: "class" | "embedding",
  { others, lent }: { readonly others: Tensor | undefined; readonly lent: Lent },
): Promise<AblationTask> {
  const rows: FedRows = new Map([["pixels", self.get("pixels")!]]);
  const noise = () => imageRows(architecture.image!, info.examples, (info.seed ?? 0) + 1).control;
  const embedding = program.ops.some(({ output }) => output === "image_embeds");
  const output = name === "class" ? "logits" : embedding ? "image_embeds" : program.outputs[0]!;
  const answering = slice(program, { outputs: [output] });
  const read = (trace: ReadonlyMap<string, Tensor>) =>
    vectorsOf(trace.get(output)!, architecture.image!.before);
  const whole: Float32Array[] = [];
  await withRuns(answering, rows, lent, (runs) =>
    runs.pass(rows, [], (trace, first) =>
      read(trace).forEach((vector, row) => (whole[first + row] = vector.slice())),
    ),
  );
  const lossOf = name === "class" ? surprise : distance;
  return {
    ...{ name, program: answering, rows, inputs: ["pixels"] },
    words: others
      ? "the model sees the images, and in the place of each the next one"
      : "the model sees images of noise, and others of noise in their place",
    other: new Map([["pixels", others ?? noise()]]),
    lossesOf: (trace, first) =>
      read(trace).map((vector, row) => lossOf(vector, whole[first + row]!)),
  };
}

/** One vector for each row; of positions the first, which is the class's, or all together. */
function vectorsOf({ axes, shape, data }: Tensor, before: number): Float32Array[] {
  const size = data.length / shape[0]!;
  const width = axes[1] === "position" && before > 0 ? size / shape[1]! : size;
  return Array.from({ length: shape[0]! }, (_, row) =>
    Float32Array.from(data.subarray(row * size, row * size + width)),
  );
}

/** -log p of the class that `whole` has the largest logit for, nats. */
function surprise(logits: Float32Array, whole: Float32Array): number {
  const likeliest = whole.indexOf(whole.reduce((most, value) => Math.max(most, value)));
  return logSumExp(logits) - logits[likeliest]!;
}

/** 1 - cosine. */
function distance(vector: Float32Array, whole: Float32Array): number {
  let [product, own, other] = [0, 0, 0];
  vector.forEach((value, index) => {
    product += value * whole[index]!;
    own += value ** 2;
    other += whole[index]! ** 2;
  });
  return 1 - product / Math.sqrt(own * other);
}

/** The mean of some positions of each row. */
function meansAt(
  { data, shape }: Tensor,
  isMeant: (row: number, position: number) => boolean,
): Float64Array {
  const [rows, length] = shape as readonly [number, number];
  return Float64Array.from({ length: rows }, (_, row) => {
    let [sum, count] = [0, 0];
    for (let position = 0; position < length; position++) {
      if (!isMeant(row, position)) continue;
      sum += data[row * length + position]!;
      count++;
    }
    return sum / count;
  });
}
