/** @file Blocks of a tensor by their number, wherever its runs lie. */
import { GGML_TYPES } from "./types.ts";
import type { ByteSource } from "../../base/bytes.ts";
import type { BlockRun } from "./wantedTensor.ts";

interface PartOfRun {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Where its bytes belong. */
  readonly to: number;
}

/**
 * Reads `count` blocks from the `first` on.
 *
 * @param runs of one type, one after another
 */
export function blockReader(runs: readonly BlockRun[]) {
  const { blockBytes } = GGML_TYPES[runs[0]!.type];
  const starts = [0];
  for (const { sizeBytes } of runs) starts.push(starts.at(-1)! + sizeBytes / blockBytes);
  return async (first: number, count: number): Promise<Uint8Array> => {
    const parts = runs.flatMap(({ source, offset }, index): PartOfRun[] => {
      const from = Math.max(first, starts[index]!);
      const sizeBytes = (Math.min(first + count, starts[index + 1]!) - from) * blockBytes;
      if (sizeBytes <= 0) return [];
      const at = offset + (from - starts[index]!) * blockBytes;
      return [{ source, offset: at, sizeBytes, to: (from - first) * blockBytes }];
    });
    const [only, ...others] = parts;
    if (only && others.length === 0) return only.source.read(only.offset, only.sizeBytes);
    const blocks = new Uint8Array(count * blockBytes);
    const bytesOf = await readTogether(parts, blocks.length);
    for (const part of parts) blocks.set(await bytesOf(part), part.to);
    return blocks;
  };
}

/** Parts of a tensor whose rows are in another order lie near each other: they are read in one go. */
async function readTogether(parts: readonly PartOfRun[], sizeBytes: number) {
  const [{ source }] = parts as [PartOfRun];
  const begin = parts.reduce((least, { offset }) => Math.min(least, offset), Infinity);
  const end = parts.reduce((most, part) => Math.max(most, part.offset + part.sizeBytes), 0);
  if (parts.some((part) => part.source !== source) || end - begin > 2 * sizeBytes)
    return (part: PartOfRun) => part.source.read(part.offset, part.sizeBytes);
  const all = await source.read(begin, end - begin);
  return (part: PartOfRun) =>
    Promise.resolve(all.subarray(part.offset - begin, part.offset - begin + part.sizeBytes));
}
