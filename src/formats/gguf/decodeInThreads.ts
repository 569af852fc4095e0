/** @file Decoding on several cores. Node only. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { decodeBlocks, type Decoder } from "./decodeBlocks.ts";
import type { DecodeTask } from "./decodeWorker.ts";
import { GGML_TYPES } from "./types.ts";

/** A thread gets so many values at a time: whole blocks of every type, and a millisecond or two of work. */
const TASK_VALUES = 2 ** 20;

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
  const spare: Float32Array<ArrayBuffer>[] = []; // as many as there were tasks at once
  let pool: ReturnType<typeof startPool> | undefined;
  const run = async (task: Omit<DecodeTask, "values">, into: Float32Array) => {
    const { pool: threads } = await (pool ??= startPool(Math.min(cores, MOST_THREADS)));
    const values = spare.pop() ?? new Float32Array(TASK_VALUES);
    const { blocks } = task;
    const filled = (await threads.run(
      { ...task, values },
      { transferList: [blocks.buffer as ArrayBuffer, values.buffer] },
    )) as typeof values;
    into.set(filled.subarray(0, into.length));
    spare.push(filled);
  };
  return async (type, blocks, values) => {
    if (values.length < TASK_VALUES / 8) return decodeBlocks(type, blocks, values);
    const { blockValues, blockBytes } = GGML_TYPES[type];
    const bytesOf = (count: number) => (count / blockValues) * blockBytes;
    const tasks: Promise<void>[] = [];
    for (let at = 0; at < values.length; at += TASK_VALUES) {
      const end = Math.min(at + TASK_VALUES, values.length);
      const own = blocks.slice(bytesOf(at), bytesOf(end));
      tasks.push(run({ type, blocks: own }, values.subarray(at, end)));
    }
    await Promise.all(tasks);
  };
}

async function startPool(maxThreads: number) {
  const { default: Pool } = await import("tinypool");
  const pool = new Pool({
    filename: WORKER,
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
    isolateWorkers: false,
  });
  return { pool };
}

/** One pool for all models of a process. */
export const decodeInThreads: Decoder = decoderFor(availableParallelism());
