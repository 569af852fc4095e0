/** @file Where the bytes of weights are while a session is made: in their mapped file, inside the model, or in side files. */
import type { Backend, SideFile } from "../base/backend.ts";
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import {
  encodeModel,
  type OnnxGraph,
  type BytesPlace,
  type StoredBytes,
} from "../graph/onnx/model.ts";
import { commonFolder } from "./commonFolder.ts";

/** Weights up to this size travel inside the model; larger ones stay in their file or in side files. */
export const INLINE_BYTES = 64 * 1024 * 1024;

/** Ranges that are read at once: sources that compute their values do it on several cores. */
const READS_AT_ONCE = 4;

/** Where a range begins, so that its numbers lie as their type wants. */
const ALIGNMENT = 64;

/**
 * The model's bytes, with each initializer inside it, in a mapped file, or in a side file.
 *
 * @param memory where side files are, all together; left out: in memory of their own
 */
export async function placeWeights(
  graph: OnnxGraph,
  backend: Backend,
  memory: (sizeBytes: number) => Uint8Array = (sizeBytes) => new Uint8Array(sizeBytes),
) {
  const stored = graph.initializers.flatMap(({ data }) =>
    data instanceof Uint8Array ? [] : [data],
  );
  const total = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (total > INLINE_BYTES && backend.mapsFiles) {
    // An engine that is given side files looks for no others, so that all are mapped or none.
    const paths = stored.flatMap(({ source }) => source.realPath ?? []);
    if (paths.length === stored.length) {
      const { folder, relative } = commonFolder(paths);
      const place = ({ source, offset }: StoredBytes) => ({
        location: relative(source.realPath!),
        offset,
      });
      return { model: encodeModel(graph, place), folder, sideFiles: [] };
    }
  }
  const keyOf = rangeKeys();
  const pieces = await readPieces(stored, keyOf, memory);
  if (total <= INLINE_BYTES) {
    return { model: encodeModel(graph, (bytes) => pieces.get(keyOf(bytes))!.data), sideFiles: [] };
  }
  const place = (bytes: StoredBytes): BytesPlace => ({
    location: pieces.get(keyOf(bytes))!.path,
    offset: 0,
  });
  return { model: encodeModel(graph, place), sideFiles: [...pieces.values()] };
}

/** The bytes of each different range, read once however many initializers show it. */
async function readPieces(
  stored: readonly StoredBytes[],
  keyOf: (range: StoredBytes) => string,
  memory: (sizeBytes: number) => Uint8Array,
): Promise<Map<string, SideFile>> {
  const ranges = new Map(stored.map((range) => [keyOf(range), range]));
  const roomOf = ({ source, sizeBytes }: StoredBytes) =>
    source.readInto ? ALIGNMENT * Math.ceil(sizeBytes / ALIGNMENT) : 0;
  const all = memory([...ranges.values()].reduce((sum, range) => sum + roomOf(range), 0));
  const pieces = new Map<string, SideFile>();
  let end = 0;
  const reads = [...ranges].map(([key, range], index) => {
    const [path, start] = [`piece-${index}`, end];
    end += roomOf(range);
    return async () => {
      const data = await readRange(range, all.subarray(start, start + range.sizeBytes));
      pieces.set(key, { path, data });
    };
  });
  const queue = reads.values();
  const readQueue = async () => {
    for (const read of queue) await read();
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readQueue));
  return pieces;
}

/** @param room for sources that fill memory that is there */
async function readRange({ source, offset, sizeBytes }: StoredBytes, room: Uint8Array) {
  if (source.readInto) {
    await source.readInto(offset, room);
    return room;
  }
  const data = await source.read(offset, sizeBytes);
  if (data.byteLength === sizeBytes) return data;
  throw new InputError(
    "file",
    `${source.name} should have ${sizeBytes} bytes at ${offset}, got ${data.byteLength}`,
  );
}

/**
 * Tells ranges apart by the source itself: sources that compute their values (views, decoded or merged weights) have the
 * name of the file that they come from, all the same one.
 */
function rangeKeys(): (range: StoredBytes) => string {
  const numbers = new Map<ByteSource, number>();
  return ({ source, offset, sizeBytes }) => {
    const number = numbers.get(source) ?? numbers.size;
    numbers.set(source, number);
    return `${source.realPath ?? number} ${offset} ${sizeBytes}`;
  };
}
