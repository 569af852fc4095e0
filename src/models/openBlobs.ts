/** @file Opens a model from files that are at hand as blobs: what a user picked or dropped in a browser. */
import { InputError } from "../base/errors.ts";
import { sha256Hex } from "../base/sha256.ts";
import { blobSource } from "../formats/blob.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { nonFinite } from "../formats/nonFinite.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readShards, shardNames } from "../formats/shards.ts";
import { tokenizerFromJson } from "../text/tokenizer/tokenizerFromJson.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { modelFrom } from "./families.ts";
import type { LoadedModel, LoadOptions } from "./loaded.ts";
import { refuseNonFinite } from "./refuseNonFinite.ts";

/** A file of a checkpoint's folder, named as it is there. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

const CONFIG = "config.json";
const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * The model in `files`: config.json with model.safetensors, or with model.safetensors.index.json and its shards. Other
 * files of the folder may be there.
 *
 * @param options.id what to call the model; left out: "files"
 * @throws {InputError} "file", "config" or "weights": what is missing or does not fit
 */
export async function openBlobs(
  files: readonly NamedBlob[],
  { id = "files", ...options }: LoadOptions & { readonly id?: string } = {},
): Promise<LoadedModel> {
  const blobs = new Map(files.map(({ name, blob }) => [name, blob]));
  const config = await configOf(blobs);
  const { checkpoint, weightFiles } = await readWeights(blobs);
  const model = modelFrom(config, checkpoint);
  const { signal, progress } = options;
  const bad = await nonFinite(checkpoint.weights, {
    signal,
    ...(progress && {
      progress: (done: number, total: number) => progress("checking weights", done, total),
    }),
  });
  refuseNonFinite(id, bad);
  const parts = weightFiles.toSorted().map((name) => blobs.get(name)!);
  return {
    ...model,
    id,
    revision: options.revision ?? null,
    sha256: await sha256Hex(new Uint8Array(await new Blob(parts).arrayBuffer())),
    tokenizer: () => blobTokenizer(blobs),
    unchanged: () => Promise.resolve(), // a blob whose file has changed cannot be read any more
    close: () => Promise.resolve(),
  };
}

/** tokenizer.json, with tokenizer_config.json where it is there; null without. */
async function blobTokenizer(blobs: ReadonlyMap<string, Blob>): Promise<Tokenizer | null> {
  const json = blobs.get("tokenizer.json");
  if (!json) return null;
  return tokenizerFromJson(
    await json.text(),
    (await blobs.get("tokenizer_config.json")?.text()) ?? null,
  );
}

async function configOf(blobs: ReadonlyMap<string, Blob>): Promise<Record<string, unknown>> {
  const blob = needed(blobs, CONFIG);
  try {
    const value: unknown = JSON.parse(await blob.text());
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new InputError("config", `${CONFIG} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new InputError("config", `${CONFIG} must be an object of keys`);
}

async function readWeights(
  blobs: ReadonlyMap<string, Blob>,
): Promise<{ checkpoint: Checkpoint; weightFiles: readonly string[] }> {
  const source = (name: string) => blobSource(needed(blobs, name), name);
  if (blobs.has(WHOLE))
    return { checkpoint: await readSafetensors(source(WHOLE)), weightFiles: [WHOLE] };
  if (!blobs.has(INDEX)) needed(blobs, WHOLE);
  const open = async (name: string) => source(name);
  return {
    checkpoint: await readShards(source(INDEX), { open, read: readSafetensors }),
    weightFiles: await shardNames(source(INDEX)),
  };
}

function needed(blobs: ReadonlyMap<string, Blob>, name: string): Blob {
  const blob = blobs.get(name);
  if (blob) return blob;
  const given = [...blobs.keys()].slice(0, 12).join(", ") || "nothing";
  throw new InputError("file", `a model needs the file ${name}, got ${given}`);
}
