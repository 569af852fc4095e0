/** @file Ranges of checkpoints' bytes: which are the same, and how they are read. */
import type { SideFile } from "../base/backend.ts";
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import type { StoredBytes } from "../graph/onnx/model.ts";
import { inLanes } from "./inLanes.ts";

/** Different ranges by their keys. */
export type Ranges = ReadonlyMap<string, StoredBytes>;

/** Where a range begins, so that its numbers lie as their type wants. */
const ALIGNMENT = 64;

/**
 * Tells ranges apart by the source itself: sources that compute their values (views, decoded or merged weights) have the
 * name of the file that they come from, all the same one.
 */
export function rangeKeys(): (range: StoredBytes) => string {
  const numbers = new Map<ByteSource, number>();
  return ({ source, offset, sizeBytes }) => {
    const number = numbers.get(source) ?? numbers.size;
    numbers.set(source, number);
    return `${source.realPath ?? number} ${offset} ${sizeBytes}`;
  };
}

/** The bytes of each range, in memory. */
export async function readRanges(
  ranges: Ranges,
  memory: (sizeBytes: number) => Uint8Array,
): Promise<Map<string, SideFile>> {
  const roomOf = ({ source, sizeBytes }: StoredBytes) =>
    source.readInto ? ALIGNMENT * Math.ceil(sizeBytes / ALIGNMENT) : 0;
  const all = memory([...ranges.values()].reduce((sum, range) => sum + roomOf(range), 0));
  const read = new Map<string, SideFile>();
  let end = 0;
  const reads = [...ranges].map(([key, range], index) => {
    const [path, start] = [`piece-${index}`, end];
    end += roomOf(range);
    return async () => {
      const room = all.subarray(start, start + range.sizeBytes);
      if (range.source.readInto) await readRange(range, 0, room);
      const data = range.source.readInto ? room : await bytesOf(range, 0, range.sizeBytes);
      read.set(key, { path, data });
    };
  });
  await inLanes(reads);
  return read;
}

/** Fills `into` with bytes of a range, from the `first` on. */
export async function readRange(
  range: StoredBytes,
  first: number,
  into: Uint8Array,
): Promise<void> {
  const { source, offset } = range;
  if (source.readInto) await source.readInto(offset + first, into);
  else into.set(await bytesOf(range, first, into.length));
}

async function bytesOf({ source, offset }: StoredBytes, first: number, length: number) {
  const data = await source.read(offset + first, length);
  if (data.byteLength === length) return data;
  throw new InputError(
    "file",
    `${source.name} should have ${length} bytes at ${offset + first}, got ${data.byteLength}`,
  );
}
