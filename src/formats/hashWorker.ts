/** @file What the thread of `hashInThread` does: one hash, of all that it is given in order. */
import { createHash } from "node:crypto";
import Pool from "tinypool";

export interface HashTask {
  /** Handed over, and back when they are hashed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many of them, from the first on. */
  readonly count: number;
}

const hash = createHash("sha256");

/** @param task null asks for the hash of all, as hexadecimal digits */
export default function hashTask(task: HashTask | null) {
  if (task === null) return hash.digest("hex");
  hash.update(task.bytes.subarray(0, task.count));
  return Pool.move(task.bytes);
}
