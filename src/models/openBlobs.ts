/** @file Opens a model from files that are at hand as blobs: what a user picked or dropped in a browser. */
import type { ByteSource, Weights } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { OptionNames } from "../base/optionNames.ts";
import { runningSha256 } from "../base/hash.ts";
import { someOf } from "../base/someOf.ts";
import { blobSource } from "../formats/blob.ts";
import { hashAndFaults } from "../formats/hashAndFaults.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readShards, shardNames } from "../formats/shards.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { checkConfigSize, parseConfig } from "./config/configJson.ts";
import { withNotices, type Model } from "./family.ts";
import { dequantiseCheckpoint } from "./dequantiseCheckpoint.ts";
import { folderModel } from "./folderModel.ts";
import { LOAD_OPTIONS, stepOptions, type LoadOptions } from "./loadOptions.ts";
import type { LoadedModel } from "./loadedModel.ts";
import { checkWeights } from "./checkWeights.ts";
import { textTokenizer, type FolderBytes, type FolderText } from "./tokenizerFiles.ts";

/** A file of a checkpoint's folder, named as it is there. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

export interface BlobOptions extends LoadOptions {
  /** What to call the model; left out: "files". */
  readonly id?: string | undefined;
  /** Told how many numbers the weights have, before any is read; what it throws ends the opening. */
  readonly checkParameters?: ((parameters: number) => void) | undefined;
  /** Told what the model is, once its files say so and before its weights are read: that may take long. */
  readonly tellShape?: ((model: ModelShape) => void) | undefined;
}

/** What a model is before its weights are there. */
export type ModelShape = Pick<Model, "architecture" | "program">;

export const BLOB_OPTIONS: OptionNames<BlobOptions> = {
  ...LOAD_OPTIONS,
  ...{ id: true, checkParameters: true, tellShape: true },
};

/** A model and the files that its weights are in. */
interface OpenedModel {
  readonly model: Model;
  readonly weights: Weights;
  readonly weightFiles: readonly string[];
  readonly tokenizer: () => Promise<Tokenizer | null>;
}

/** A file, and the one source of its bytes, by which weights and what is hashed are known to be the same. */
interface OpenBlob {
  readonly blob: Blob;
  readonly source: ByteSource;
}

type Blobs = ReadonlyMap<string, OpenBlob>;

const CONFIG = "config.json";
/** Weight files of a folder in the order of preference; shards have an index beside them. */
const READERS = {
  "model.safetensors": readSafetensors,
  "pytorch_model.bin": async (source) => {
    const { readTorch } = await import("../formats/torch/readTorch.ts");
    const { torchCheckpoint } = await import("../formats/torch/torchCheckpoint.ts");
    return torchCheckpoint(source.name, await readTorch(source));
  },
} satisfies Record<string, (source: ReturnType<typeof blobSource>) => Promise<Checkpoint>>;

/**
 * The model in `files`: config.json with weights (whole, or an index and its shards), a GGUF file, or nanoGPT's ckpt.pt
 * with meta.pkl. Other files of the folder may be there. Quantised weights are decoded whenever a session is made.
 *
 * @throws {InputError} "file", "config" or "weights": what is missing or does not fit
 */
export async function openBlobs(
  files: readonly NamedBlob[],
  { id = "files", ...options }: BlobOptions = {},
): Promise<LoadedModel> {
  const blobs = new Map(
    files.map(({ name, blob }) => [name, { blob, source: blobSource(blob, name) }]),
  );
  const { model, weights, weightFiles, tokenizer } = await openedFrom(blobs, options);
  const parts = weightFiles.toSorted().map((name) => blobs.get(name)!.source);
  const { sha256, ...faults } = await hashAndFaults(
    parts,
    weights,
    await runningSha256(parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
    stepOptions(options, "hashing weights"),
  );
  const notices = [...(model.notices ?? []), ...checkWeights(id, faults)];
  for (const text of notices) options.notice?.(text);
  return {
    ...model,
    id,
    revision: options.revision ?? null,
    notices,
    sha256,
    tokenizer,
    unchanged: () => Promise.resolve(), // a blob whose file has changed cannot be read any more
    close: () => Promise.resolve(),
  };
}

function openedFrom(blobs: Blobs, options: BlobOptions): Promise<OpenedModel> {
  const names = [...blobs.keys()];
  if (blobs.has(CONFIG)) return fromFolder(blobs, options);
  const gguf = names.find((name) => /\.gguf$/i.test(name));
  if (gguf) return fromGguf(blobs, gguf, options);
  const torch = names.find((name) => /\.(pt|pth|ckpt)$/i.test(name));
  if (torch) return fromTorch(blobs, torch, options);
  const alone = names.some((name) => /\.(safetensors|bin)$/i.test(name));
  throw new InputError(
    "file",
    `a model is a folder with ${CONFIG} and weights, a .gguf file, or nanoGPT's ckpt.pt; got ${nameList(names)}${alone ? `: weights without ${CONFIG} have no sizes, choose the whole folder` : ""}`,
  );
}

async function fromFolder(blobs: Blobs, options: BlobOptions): Promise<OpenedModel> {
  const text: FolderText = async (name) => (await blobs.get(name)?.blob.text()) ?? null;
  const bytes: FolderBytes = async (name) =>
    blobs.has(name) ? new Uint8Array(await blobs.get(name)!.blob.arrayBuffer()) : null;
  const file = requireFile(blobs, CONFIG).blob;
  checkConfigSize(file.size, CONFIG);
  const config = parseConfig(await file.text(), CONFIG);
  const { checkpoint: stored, weightFiles } = await readWeights(blobs);
  const { config: plain, checkpoint, notice } = await dequantiseCheckpoint(config, stored, text);
  sizeOf(checkpoint.weights, options);
  const model = await folderModel(plain, checkpoint, { text, bytes }, options);
  options.tellShape?.(model);
  return {
    model: withNotices(model, [notice]),
    weights: checkpoint.weights,
    weightFiles,
    tokenizer: () => textTokenizer(text, CONFIG, bytes),
  };
}

/** The readers of GGUF are fetched for a GGUF alone: a page that opens a folder does without them. */
async function fromGguf(blobs: Blobs, name: string, options: BlobOptions): Promise<OpenedModel> {
  const { readGgufFiles } = await import("../formats/gguf/splitGguf.ts");
  const { ggufWeights } = await import("../formats/gguf/ggufWeights.ts");
  const { ggufPlan } = await import("./gguf/ggufModel.ts");
  const { tokenizerFromGguf } = await import("../text/tokenizer/tokenizerFromGguf.ts");
  const { gguf, files } = await readGgufFiles(name, (part) =>
    Promise.resolve(requireFile(blobs, part).source),
  );
  const plan = await ggufPlan(gguf, name);
  sizeOf(gguf.tensors, options);
  const { weights, ...others } = ggufWeights(plan.tensors);
  const model = plan.model({ weights, ...others }, options.head);
  options.tellShape?.(model);
  return {
    model,
    weights,
    weightFiles: files.map((file) => file.name),
    tokenizer: () => Promise.resolve(tokenizerFromGguf(Object.fromEntries(gguf.metadata))),
  };
}

async function fromTorch(blobs: Blobs, name: string, options: BlobOptions): Promise<OpenedModel> {
  const { torchModel } = await import("./torchModel.ts");
  const { characterTableIn } = await import("./characterTableIn.ts");
  const { sizesFileOf } = await import("./torchWriters.ts");
  const beside = sizesFileOf(name);
  const text = beside === null ? undefined : await blobs.get(beside)?.blob.text();
  const { model, weights } = await torchModel(blobs.get(name)!.source, name, {
    ...options,
    sizes: text === undefined ? undefined : parseConfig(text, beside!),
  });
  sizeOf(weights, options);
  options.tellShape?.(model);
  const meta = blobs.get("meta.pkl");
  return {
    model,
    weights,
    weightFiles: [name],
    tokenizer: () => (meta ? characterTableIn(meta.source) : Promise.resolve(null)),
  };
}

function sizeOf(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  { checkParameters: checkSize }: BlobOptions,
): void {
  const sizes = [...tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  checkSize?.(sizes.reduce((a, b) => a + b, 0));
}

async function readWeights(
  blobs: Blobs,
): Promise<{ checkpoint: Checkpoint; weightFiles: readonly string[] }> {
  const source = (name: string) => requireFile(blobs, name).source;
  for (const [name, read] of Object.entries(READERS)) {
    if (blobs.has(name)) return { checkpoint: await read(source(name)), weightFiles: [name] };
    const index = `${name}.index.json`;
    if (!blobs.has(index)) continue;
    const open = async (shard: string) => source(shard);
    return {
      checkpoint: await readShards(source(index), { open, read }),
      weightFiles: await shardNames(source(index)),
    };
  }
  requireFile(blobs, "model.safetensors");
  throw new Error("internal: there are weights");
}

function requireFile(blobs: Blobs, name: string): OpenBlob {
  const blob = blobs.get(name);
  if (blob) return blob;
  throw new InputError(
    "file",
    `a model needs the file ${name}, got ${nameList([...blobs.keys()])}`,
  );
}

function nameList(names: readonly string[]): string {
  return someOf(names, ", ", 12) || "nothing";
}
