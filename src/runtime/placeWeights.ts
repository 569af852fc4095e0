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
const INLINE_BYTES = 64 * 1024 * 1024;

/** The model's bytes, with each initializer inside it, in a mapped file, or in a side file. */
export async function placeWeights(graph: OnnxGraph, backend: Backend) {
  const stored = graph.initializers.flatMap(({ data }) =>
    data instanceof Uint8Array ? [] : [data],
  );
  const total = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (total > INLINE_BYTES && backend.mapsFiles) {
    const sources = new Set(stored.map(({ source }) => source));
    if ([...sources].every(({ realPath }) => realPath !== undefined)) {
      const { folder, relative } = commonFolder([...sources].map(({ realPath }) => realPath!));
      const place = ({ source, offset }: StoredBytes) => ({
        location: relative(source.realPath!),
        offset,
      });
      return { model: encodeModel(graph, place), folder, sideFiles: [] };
    }
  }
  const keyOf = rangeKeys();
  const pieces = await readPieces(stored, keyOf);
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
): Promise<Map<string, SideFile>> {
  const pieces = new Map<string, SideFile>();
  for (const range of stored) {
    const key = keyOf(range);
    if (pieces.has(key)) continue;
    const data = await range.source.read(range.offset, range.sizeBytes);
    if (data.byteLength !== range.sizeBytes) {
      throw new InputError(
        "file",
        `${range.source.name} should have ${range.sizeBytes} bytes at ${range.offset}, got ${data.byteLength}`,
      );
    }
    pieces.set(key, { path: `piece-${pieces.size}`, data });
  }
  return pieces;
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
