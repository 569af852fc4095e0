/** @file SHA-256 on a thread of its own, while this one looks at the same bytes. Node only. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RunningHash } from "../base/hash.ts";
import type { HashTask } from "./hashWorker.ts";
import { nodeSha256 } from "./sha256.ts";

/** To start a thread takes 50 ms, in which 90 MB are hashed. */
const LEAST_BYTES = 2 ** 28;

/** One is hashed while the next is filled. */
const LANES = 2;

/** Only compiled code has threads, see `decodeInThreads`. */
const WORKER = fileURLToPath(new URL("./hashWorker.js", import.meta.url));

/** @param sizeBytes how many there will be: fewer than `leastBytes` are hashed by this thread */
export async function runningSha256InNode(
  sizeBytes: number,
  leastBytes: number = LEAST_BYTES,
): Promise<RunningHash> {
  if (sizeBytes < leastBytes || !existsSync(WORKER)) return nodeSha256();
  const { default: Pool } = await import("tinypool");
  const pool = new Pool({
    filename: WORKER,
    ...{ minThreads: 1, maxThreads: 1, isolateWorkers: false }, // the thread has the hash so far
  });
  const lanes = Array.from({ length: LANES }, () => Promise.resolve(new Uint8Array(0)));
  let turns = 0;
  return {
    async update(bytes) {
      const lane = turns++ % LANES;
      const memory = await lanes[lane]!;
      const copy = memory.length < bytes.length ? new Uint8Array(bytes.length) : memory;
      copy.set(bytes);
      const task: HashTask = { bytes: copy, count: bytes.length };
      lanes[lane] = pool.run(task, { transferList: [copy.buffer] }) as Promise<typeof copy>;
      lanes[lane].catch(() => undefined); // seen by whoever takes the lane next
    },
    async hex() {
      await Promise.all(lanes);
      return (await pool.run(null)) as string;
    },
    close: () => pool.destroy(),
  };
}
