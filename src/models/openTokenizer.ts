/** @file The tokenizer of what the user calls a model, without loading its weights. Node only. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { fileSource } from "../formats/file.ts";
import { readGguf } from "../formats/gguf/readGguf.ts";
import { partNames } from "../formats/gguf/partNames.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { parseConfig } from "./config/configJson.ts";
import { characterTable } from "./characterTable.ts";
import { folderText, folderTokenizer } from "./folderTokenizer.ts";
import { fetchFromHub } from "./hub/fetchFromHub.ts";
import { ggufInFolder } from "./gguf/ggufInFolder.ts";
import { lastCheckpoint } from "./lastCheckpoint.ts";
import { TOKENIZER_FILES } from "./hub/wantedFiles.ts";
import { parseModelName } from "./modelName.ts";
import { ggufOf, hubSnapshot, refuseRevision, type OpenOptions } from "./open.ts";
import { zooFolder } from "./zoo/openZoo.ts";

/** A tokenizer and the model that it lies beside. */
export interface TokenizerBeside {
  readonly tokenizer: Tokenizer;
  /** How many ids the model has, as its own files say; null where they do not. */
  readonly vocabulary: number | null;
}

/**
 * The tokenizer of the model called `name`: from its folder, its GGUF, the meta.pkl beside its ckpt.pt, or the hub.
 *
 * @throws {InputError} "tokenizer" if the model has none
 */
export async function openTokenizer(name: string, options: OpenOptions = {}): Promise<Tokenizer> {
  return (await openTokenizerBeside(name, options)).tokenizer;
}

/** As `openTokenizer`, and what the model's files say about its vocabulary: the two need not fit. */
export async function openTokenizerBeside(
  name: string,
  options: OpenOptions = {},
): Promise<TokenizerBeside> {
  const { tokenizer, vocabulary } = await findTokenizer(name, options);
  if (tokenizer) return { tokenizer, vocabulary };
  throw new InputError(
    "tokenizer",
    `${name} has no tokenizer: no tokenizer.json, no vocab.json with merges.txt, no tokenizer.model, spiece.model or vocab.txt, no meta.pkl, none in a GGUF`,
  );
}

interface FoundTokenizer {
  readonly tokenizer: Tokenizer | null;
  readonly vocabulary: number | null;
}

/** That of the folder, or of the last checkpoint if it is the folder of a run. */
async function tokenizerOfFolder(folder: string): Promise<FoundTokenizer> {
  const own = await tokenizerIn(folder);
  const last = own.tokenizer ? null : await lastCheckpoint(folder);
  return last ? tokenizerIn(last) : own;
}

async function tokenizerIn(folder: string): Promise<FoundTokenizer> {
  const tokenizer = await folderTokenizer(folder);
  return { tokenizer, vocabulary: tokenizer && (await vocabularyOf(folder)) };
}

/** `vocab_size` of config.json; a configuration that cannot be read is an error where the model is opened, not here. */
async function vocabularyOf(folder: string): Promise<number | null> {
  try {
    const config = parseConfig((await folderText(folder)("config.json")) ?? "{}", folder);
    const { vocab_size: own, text_config: inner } = config;
    const size = own ?? (Object(inner) as Record<string, unknown>).vocab_size;
    return typeof size === "number" && Number.isFinite(size) ? size : null;
  } catch {
    return null;
  }
}

async function findTokenizer(
  name: string,
  { revision, offline, signal, progress }: OpenOptions,
): Promise<FoundTokenizer> {
  const stats = await stat(name).catch(() => null);
  refuseRevision(name, stats !== null, { revision });
  if (stats?.isDirectory()) {
    const own = await tokenizerOfFolder(name);
    if (own.tokenizer) return own;
    const beside = await characterTable(join(name, "meta.pkl"));
    const gguf = beside ? null : await ggufInFolder(name);
    return gguf === null ? { tokenizer: beside, vocabulary: null } : ggufTokenizer(gguf);
  }
  if (stats && /\.gguf$/i.test(name)) return ggufTokenizer(name);
  if (stats)
    return { tokenizer: await characterTable(join(dirname(name), "meta.pkl")), vocabulary: null };
  const model = parseModelName(name);
  if (model.kind === "planted") return { tokenizer: null, vocabulary: null };
  if (model.kind === "zoo") return tokenizerIn(await zooFolder(model.name));
  if (model.gguf !== null) {
    const gguf = ggufOf(await hubSnapshot(name, { revision, offline, signal, progress }));
    return gguf === null ? { tokenizer: null, vocabulary: null } : ggufTokenizer(gguf);
  }
  const { folder } = await fetchFromHub(model.tokenizer ?? model.id, {
    revision: revision ?? undefined,
    files: TOKENIZER_FILES,
    ...(offline !== undefined && { offline }),
    signal,
    onProgress: ({ file, bytes, total }) => progress?.(`downloading ${file}`, bytes, total),
  });
  return tokenizerIn(folder);
}

/** Of a GGUF in several parts the first holds the tokenizer. */
async function ggufTokenizer(path: string): Promise<FoundTokenizer> {
  const [first = basename(path)] = partNames(basename(path)) ?? [];
  const file = await fileSource(join(dirname(path), first));
  const { metadata, tensors } = await readGguf(file).finally(() => file.close());
  const vocabulary = tensors.get("token_embd.weight")?.shape[0] ?? null;
  return { tokenizer: tokenizerFromGguf(Object.fromEntries(metadata)), vocabulary };
}
