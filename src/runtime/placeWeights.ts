/** @file Where the bytes of weights are while a session is made: in a mapped file, inside the model, or in side files. */
import type { Backend, SideFile } from "../base/backend.ts";
import { encodeModel, type OnnxGraph, type StoredBytes } from "../graph/onnx/model.ts";
import { commonFolder } from "./commonFolder.ts";
import { rangeKeys, readRange, readRanges, type Ranges } from "./ranges.ts";

/** Weights up to this size travel inside the model; larger ones stay in their file or in side files. */
export const INLINE_BYTES = 64 * 1024 * 1024;

type MappingBackend = Pick<Backend, "mapsFiles" | "memoryFolder">;

/** Whether so many bytes that lie in no file can be written where the engine maps them. */
export function mapsMemory({ mapsFiles, memoryFolder }: MappingBackend, bytes: number): boolean {
  return mapsFiles && memoryFolder !== undefined && memoryFolder.freeBytes() >= bytes;
}

/** A model whose weights an engine can find. */
export interface PlacedModel {
  readonly model: Uint8Array;
  readonly folder?: string | undefined;
  readonly sideFiles: readonly SideFile[];
  /** To be called once the engine has its session. */
  readonly remove: () => Promise<void>;
}

/**
 * The model's bytes, with each initializer inside it, in a mapped file, or in a side file.
 *
 * @param memory where side files are, all together; left out: in memory of their own
 */
export async function placeWeights(
  graph: OnnxGraph,
  backend: MappingBackend,
  memory: (sizeBytes: number) => Uint8Array = (sizeBytes) => new Uint8Array(sizeBytes),
): Promise<PlacedModel> {
  const stored = graph.initializers.flatMap(({ data }) =>
    data instanceof Uint8Array ? [] : [data],
  );
  const keyOf = rangeKeys();
  const ranges = new Map(stored.map((range) => [keyOf(range), range]));
  const total = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const isInline = total <= INLINE_BYTES;
  const files = isInline || !backend.mapsFiles ? null : await filesOf(ranges, backend);
  if (files) {
    const { folder, relative } = commonFolder([...files.paths.values()]);
    const place = (range: StoredBytes) => ({
      location: relative(files.paths.get(keyOf(range))!),
      offset: range.source.realPath === undefined ? 0 : range.offset,
    });
    return { model: encodeModel(graph, place), folder, sideFiles: [], remove: files.remove };
  }
  const read = await readRanges(ranges, memory);
  const model = encodeModel(graph, (range) => {
    const { path, data } = read.get(keyOf(range))!;
    return isInline ? data : { location: path, offset: 0 };
  });
  return { model, sideFiles: isInline ? [] : [...read.values()], remove: nothing };
}

const nothing = () => Promise.resolve();

/**
 * Paths of files that are mapped, for all ranges: their own, or one in memory. Null if there is no place for one of them, since an
 * engine that is given side files looks for no others.
 */
async function filesOf(ranges: Ranges, backend: MappingBackend) {
  const paths = new Map<string, string>();
  const inNoFile: (readonly [string, StoredBytes])[] = [];
  for (const [key, range] of ranges) {
    const { realPath } = range.source;
    if (realPath === undefined) inNoFile.push([key, range]);
    else paths.set(key, realPath);
  }
  if (inNoFile.length === 0) return { paths, remove: nothing };
  const bytes = inNoFile.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
  if (!mapsMemory(backend, bytes)) return null;
  const copies = await backend.memoryFolder!.write(
    inNoFile.map(([, range]) => ({
      sizeBytes: range.sizeBytes,
      fill: (first, into) => readRange(range, first, into),
    })),
  );
  if (!copies) return null;
  for (const [index, [key]] of inNoFile.entries()) paths.set(key, copies.paths[index]!);
  return { paths, remove: copies.remove };
}
