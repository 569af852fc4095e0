/** @file What a thread of `decodeInThreads` does. */
import Pool from "tinypool";
import { decodeBlocks } from "./decodeBlocks.ts";
import type { GgmlTypeName } from "./types.ts";

export interface DecodeTask {
  readonly type: GgmlTypeName;
  readonly blocks: Uint8Array;
  /** Handed over, and back when they are filled. */
  readonly values: Float32Array<ArrayBuffer>;
}

export default function decodeTask({ type, blocks, values }: DecodeTask) {
  decodeBlocks(type, blocks, values);
  return Pool.move(values);
}
