/** @file Decoding on several cores. Node only. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { decodeBlocks, type Decoder } from "./decodeBlocks.ts";
import type { DecodeTask } from "./decodeWorker.ts";
import { GGML_TYPES, type GgmlTypeName } from "./types.ts";

/** A thread gets so many values at a time: whole blocks of every type, and half a millisecond of work. */
const TASK_VALUES = 2 ** 18;

/** Two threads were as fast as this one alone (measured: what they win goes into handing values over). */
const LEAST_CORES = 4;

/** More wait for memory. */
const MOST_THREADS = 16;

/** How long a thread waits for more before it ends. */
const IDLE_MS = 2000;

/** Only compiled code has threads: Node 20 reads no TypeScript, so that what runs from the sources decodes in its own. */
const WORKER = fileURLToPath(new URL("./decodeWorker.js", import.meta.url));

/** @param cores how many there are; with few, the decoder of this thread */
export function decoderFor(cores: number): Decoder {
  if (cores < LEAST_CORES || !existsSync(WORKER)) return decodeBlocks;
  let threads: ReturnType<typeof startThreads> | undefined;
  return async (type, blocks, values) => {
    if (values.length < TASK_VALUES) return decodeBlocks(type, blocks, values);
    const { blockValues, blockBytes } = GGML_TYPES[type];
    const bytesOf = (count: number) => (count / blockValues) * blockBytes;
    const decode = await (threads ??= startThreads(Math.min(cores, MOST_THREADS)));
    const tasks: Promise<void>[] = [];
    for (let at = 0; at < values.length; at += TASK_VALUES) {
      const end = Math.min(at + TASK_VALUES, values.length);
      const own = blocks.subarray(bytesOf(at), bytesOf(end));
      tasks.push(decode(type, own, values.subarray(at, end)));
    }
    await Promise.all(tasks);
  };
}

/** Two lanes for each thread, whose memory goes to it and back, so that a large tensor waits in its blocks and not decoded. */
async function startThreads(count: number) {
  const { default: Pool } = await import("tinypool");
  const pool = new Pool({
    filename: WORKER,
    minThreads: 0,
    maxThreads: count,
    idleTimeout: IDLE_MS,
    isolateWorkers: false,
  });
  const newMemory = () => new Float32Array(TASK_VALUES);
  const lanes = Array.from({ length: 2 * count }, () => Promise.resolve(newMemory()));
  let turns = 0;
  return (type: GgmlTypeName, blocks: Uint8Array, into: Float32Array): Promise<void> => {
    const lane = turns++ % lanes.length;
    const decoded = lanes[lane]!.then(async (values) => {
      const task: DecodeTask = { type, blocks: blocks.slice(), values };
      const transferList = [task.blocks.buffer as ArrayBuffer, values.buffer];
      const filled = (await pool.run(task, { transferList })) as typeof values;
      into.set(filled.subarray(0, into.length));
      return filled;
    });
    lanes[lane] = decoded.catch(newMemory);
    return decoded.then(() => undefined);
  };
}

/** One pool for all models of a process. */
export const decodeInThreads: Decoder = decoderFor(availableParallelism());
