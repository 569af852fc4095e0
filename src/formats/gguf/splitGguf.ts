/** @file GGUF in one file or in several: `NAME-00001-of-00003.gguf` and so on, as llama.cpp's gguf-split writes them. */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { digits, partNames } from "./partNames.ts";
import { readGguf, type Gguf } from "./readGguf.ts";
import type { GgufTensor } from "./tensors.ts";

/** A GGUF with the files that it is in, in the order of their names. */
export interface GgufFiles<Source extends ByteSource> {
  readonly gguf: Gguf;
  readonly files: readonly Source[];
}

/**
 * The GGUF that `fileName` is, or is a part of: metadata are those of the first part, tensors those of all.
 *
 * @param open opens a file of the same folder by its name; throws an InputError if it is not there
 * @throws {InputError} "file" as `readGguf`; for parts that are missing, all of them by name; and for parts that do not
 *   belong together by split.no, split.count or split.tensors.count
 */
export async function readGgufFiles<Source extends ByteSource>(
  fileName: string,
  open: (fileName: string) => Promise<Source>,
): Promise<GgufFiles<Source>> {
  const sources = new Map<string, Source>();
  const remembered = async (name: string) => {
    const source = sources.get(name) ?? (await open(name));
    sources.set(name, source);
    return source;
  };
  const source = await remembered(fileName);
  const gguf = await readGguf(source);
  const count = splitNumber(source, gguf, "split.count");
  if (count === undefined || count <= 1) return { gguf, files: [source] };
  const names = partNames(fileName);
  if (names?.length !== count)
    throw brokenFile(
      source,
      `is one of ${count} parts, which are found by a name such as NAME-00001-of-${digits(count)}.gguf`,
    );
  const files = await allOf(source, names, remembered);
  return { gguf: await joinParts(files), files };
}

/** Opens all parts, and says at once which of them are missing. */
async function allOf<Source extends ByteSource>(
  part: ByteSource,
  names: readonly string[],
  open: (fileName: string) => Promise<Source>,
): Promise<Source[]> {
  const files: Source[] = [];
  const missing: string[] = [];
  for (const name of names) {
    try {
      files.push(await open(name));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      missing.push(name);
    }
  }
  if (missing.length === 0) return files;
  throw brokenFile(
    part,
    `is one of ${names.length} parts, of which there are no ${someOf(missing, ", ", 10)} beside it`,
  );
}

async function joinParts(files: readonly ByteSource[]): Promise<Gguf> {
  const tensors = new Map<string, GgufTensor>();
  let first: Gguf | undefined;
  for (const [index, source] of files.entries()) {
    const gguf = await readGguf(source);
    first ??= gguf;
    agree(source, gguf, "split.no", index);
    agree(source, gguf, "split.count", files.length);
    for (const [name, tensor] of gguf.tensors) {
      if (tensors.has(name))
        throw brokenFile(source, `has the tensor ${JSON.stringify(name)}, as another part does`);
      tensors.set(name, tensor);
    }
  }
  agree(files[0]!, first!, "split.tensors.count", tensors.size);
  return { ...first!, tensors };
}

function agree(source: ByteSource, gguf: Gguf, key: string, expected: number): void {
  const got = splitNumber(source, gguf, key);
  if (got === expected) return;
  throw brokenFile(
    source,
    `needs ${key} ${expected} to belong to the other parts, got ${got ?? "none"}`,
  );
}

function splitNumber(source: ByteSource, { metadata }: Gguf, key: string): number | undefined {
  const value = metadata.get(key);
  if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value >= 0))
    return value;
  throw brokenFile(source, `needs a whole number as ${key}, got ${String(value).slice(0, 80)}`);
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("file", `${source.name} ${message}`);
}
