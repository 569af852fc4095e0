/** @file The tokenizer of what the user calls a model, without loading its weights. Node only. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { fileSource } from "../formats/file.ts";
import { readGguf } from "../formats/gguf/readGguf.ts";
import { partNames } from "../formats/gguf/partNames.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { tokenizerFromGguf } from "../text/tokenizer/tokenizerFromGguf.ts";
import { characterTable } from "./characterTable.ts";
import { folderTokenizer } from "./folderTokenizer.ts";
import { fetchFromHub } from "./hub/fetchFromHub.ts";
import { ggufInFolder } from "./gguf/ggufInFolder.ts";
import { lastCheckpoint } from "./lastCheckpoint.ts";
import { chosenGguf } from "./hub/hubGguf.ts";
import { hubName } from "./hub/names.ts";
import { TOKENIZER_FILES } from "./hub/wantedFiles.ts";
import { ggufOf, hubSnapshot, refuseRevision, type OpenOptions } from "./open.ts";
import { zooFolder } from "./zoo/openZoo.ts";

/**
 * The tokenizer of the model called `name`: from its folder, its GGUF, the meta.pkl beside its ckpt.pt, or the hub.
 *
 * @throws {InputError} "tokenizer" if the model has none
 */
export async function openTokenizer(name: string, options: OpenOptions = {}): Promise<Tokenizer> {
  const tokenizer = await findTokenizer(name, options);
  if (tokenizer) return tokenizer;
  throw new InputError(
    "tokenizer",
    `${name} has no tokenizer: no tokenizer.json, no vocab.json with merges.txt, no meta.pkl, none in a GGUF`,
  );
}

/** That of the folder, or of the last checkpoint if it is the folder of a run. */
async function tokenizerOfFolder(folder: string): Promise<Tokenizer | null> {
  const own = await folderTokenizer(folder);
  const last = own ? null : await lastCheckpoint(folder);
  return last ? folderTokenizer(last) : own;
}

async function findTokenizer(
  name: string,
  { revision, offline, signal, progress }: OpenOptions,
): Promise<Tokenizer | null> {
  const found = await stat(name).catch(() => null);
  refuseRevision(name, found !== null, { revision });
  if (found?.isDirectory()) {
    const beside =
      (await tokenizerOfFolder(name)) ?? (await characterTable(join(name, "meta.pkl")));
    const gguf = beside ? null : await ggufInFolder(name);
    return gguf === null ? beside : ggufTokenizer(gguf);
  }
  if (found && /\.gguf$/i.test(name)) {
    return ggufTokenizer(name);
  }
  if (found) return characterTable(join(dirname(name), "meta.pkl"));
  if (name.startsWith("planted:")) return null;
  if (name.startsWith("zoo:")) return folderTokenizer(await zooFolder(name.slice("zoo:".length)));
  if (chosenGguf(name).gguf !== null) {
    const gguf = ggufOf(await hubSnapshot(name, { revision, offline, signal, progress }));
    return gguf === null ? null : ggufTokenizer(gguf);
  }
  const known = hubName(name);
  const { folder } = await fetchFromHub(known?.tokenizer ?? known?.id ?? name, {
    revision: revision ?? undefined,
    wanted: TOKENIZER_FILES,
    ...(offline !== undefined && { offline }),
    signal,
    onProgress: ({ file, bytes, total }) => progress?.(`downloading ${file}`, bytes, total),
  });
  return folderTokenizer(folder);
}

/** Of a GGUF in several parts the first holds the tokenizer. */
async function ggufTokenizer(path: string): Promise<Tokenizer | null> {
  const [first = basename(path)] = partNames(basename(path)) ?? [];
  const file = await fileSource(join(dirname(path), first));
  const { metadata } = await readGguf(file).finally(() => file.close());
  return tokenizerFromGguf(Object.fromEntries(metadata));
}
