/** @file A Program made ready to run: lowered, its weights placed, one engine session. */
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { closable, type Closable } from "../base/closable.ts";
import { tensor } from "../base/tensor.ts";
import { lower } from "../graph/onnx/lower.ts";
import { encodeModel, type OnnxGraph, type Placed, type StoredBytes } from "../graph/onnx/model.ts";
import { prune, typesOf, type Program } from "../graph/program.ts";
import type { Backend, Feeds, SideFile, Trace } from "../base/backend.ts";
import { commonFolder } from "./commonFolder.ts";
import { completeFeeds } from "./feeds.ts";
import { checkMemory, planMemory } from "./memory.ts";

/** Weights up to this size travel inside the model; larger ones stay in their file or in side files. */
const INLINE_BYTES = 64 * 1024 * 1024;

/** A Program that runs. Has memory and threads until `close`. */
export interface Session extends Closable {
  readonly program: Program;
  readonly backend: Backend;
  /**
   * One run.
   *
   * @param outputs those that are handed over; left out: all of the program's
   * @returns the outputs of the program, axes as `typesOf` says with symbols replaced by lengths
   * @throws {InputError} as `completeFeeds`
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Trace>;
}

/**
 * Makes a session of what the outputs of `program` need.
 *
 * Weights are repacked by the engine: half a second for a model of GPT-2's size, and a fifth faster from then on.
 *
 * @param sizes lengths of the symbols in the largest run, to see first whether the memory is there
 * @throws {UnableError} if it is not
 */
export async function prepare(
  program: Program,
  backend: Backend,
  sizes: Readonly<Record<string, number>> = {},
): Promise<Session> {
  const needed = prune(program);
  checkMemory(planMemory(needed, backend, sizes), backend);
  const types = typesOf(needed);
  const graph = lower(needed, { fusedMatMul: backend.device !== "webgpu" });
  const { model, folder, sideFiles } = await placed(graph, backend);
  const engine = await backend.create(model, {
    ...(folder !== undefined && { folder }),
    sideFiles,
  });
  return {
    program: needed,
    backend,
    async run(feeds, outputs = needed.outputs) {
      const results = await engine.run(
        completeFeeds(needed, feeds),
        outputs.map((name) => `out:${name}`),
      );
      return new Map(
        outputs.map((name) => {
          const { shape, data } = results.get(`out:${name}`)!;
          const axes = types.get(name)!.axes.map((axis) => axis.name);
          return [name, tensor(axes, shape, data as Float32Array)];
        }),
      );
    },
    ...closable(() => engine.close()),
  };
}

/** The model's bytes, with each initializer inside it, in a mapped file, or in a side file. */
async function placed(graph: OnnxGraph, backend: Backend) {
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
  const place = (bytes: StoredBytes): Placed => ({
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
