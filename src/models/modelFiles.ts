/** @file The files that make up what the user calls a model, to hand them to somebody else, such as a page. Node only. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { someOf } from "../base/someOf.ts";
import { fileSource, isThere } from "../formats/file.ts";
import { partNames } from "../formats/gguf/partNames.ts";
import { shardNames } from "../formats/shards.ts";
import { ggufInFolder } from "./gguf/ggufInFolder.ts";
import { lastCheckpoint } from "./lastCheckpoint.ts";
import { isOfPackage } from "./modelName.ts";
import { MODEL_FILES } from "./hub/wantedFiles.ts";
import { ggufOf, hubSnapshot, refuseRevision, type OpenOptions } from "./open.ts";

export interface ModelFile {
  /** As it is called in the folder of the model, without a path. */
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * The files of the model called `name`, which is read as `openModel` reads it; none for models that come with the tool
 * (`planted:`, `zoo:`).
 *
 * @throws {InputError} "file" or "unknown-model" if there is no such model; nothing else of it is checked
 * @throws {UnableError} if the hub is needed and cannot be reached
 */
export async function modelFiles(name: string, options: OpenOptions = {}): Promise<ModelFile[]> {
  const stats = await stat(name).catch(() => null);
  refuseRevision(name, stats !== null, options);
  if (isOfPackage(name)) return [];
  if (stats?.isDirectory()) return folderFiles(name);
  if (stats && /\.gguf$/i.test(name)) return parts(name);
  if (stats) return withCharacters(name);
  const snapshot = await hubSnapshot(name, options);
  const gguf = ggufOf(snapshot);
  return gguf === null ? folderFiles(snapshot.folder) : parts(gguf);
}

/** What a load of the folder reads: configuration, tokenizer, and the weights or the shards that an index names. */
async function folderFiles(folder: string): Promise<ModelFile[]> {
  const present = new Set(await readdir(folder));
  const last =
    present.has("config.json") || present.has("ckpt.pt") ? null : await lastCheckpoint(folder);
  if (last !== null) return folderFiles(last);
  if (!present.has("config.json") && present.has("ckpt.pt"))
    return withCharacters(join(folder, "ckpt.pt"));
  const gguf = present.has("config.json") ? null : await ggufInFolder(folder);
  if (gguf !== null) return parts(gguf);
  const { required, optional, firstOf } = MODEL_FILES;
  const weights = firstOf.find((file) => present.has(file));
  if (!present.has("config.json") || weights === undefined)
    throw new InputError(
      "file",
      `${folder} needs config.json and weights (${firstOf.join(", ")}), has ${someOf([...present], ", ", 12) || "nothing"}`,
    );
  const shards = weights.endsWith(".index.json") ? await shardsOf(join(folder, weights)) : [];
  const others = [...required, ...optional].filter((file) => present.has(file));
  return withSizes([...others, weights, ...shards].map((file) => join(folder, file)));
}

async function shardsOf(index: string): Promise<string[]> {
  const source = await fileSource(index);
  return shardNames(source).finally(() => source.close());
}

/** A GGUF, or those parts of it that there are: one that is missing is named when it is opened. */
async function parts(path: string): Promise<ModelFile[]> {
  const present = new Set(await readdir(dirname(path)));
  const names = partNames(basename(path)) ?? [basename(path)];
  return withSizes(
    names.filter((name) => present.has(name)).map((name) => join(dirname(path), name)),
  );
}

/** A single file, with the table of characters that nanoGPT leaves beside its checkpoint. */
async function withCharacters(path: string): Promise<ModelFile[]> {
  const beside = join(dirname(path), "meta.pkl");
  const hasCharacters = /\.(pt|pth|ckpt)$/i.test(path) && (await stat(beside).catch(() => null));
  return withSizes(hasCharacters ? [path, beside] : [path]);
}

async function withSizes(paths: readonly string[]): Promise<ModelFile[]> {
  for (const path of paths) await isThere(path);
  return Promise.all(
    paths.map(async (path) => ({
      name: basename(path),
      path,
      sizeBytes: (await stat(path)).size,
    })),
  );
}
