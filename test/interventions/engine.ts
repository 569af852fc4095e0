/** @file One engine for studies whose arithmetic other tests compare on all engines: one thread, since runs are small. */
import * as ortWeb from "onnxruntime-web";
import type { Backend } from "../../src/base/backend.ts";
import { nativeBackend } from "../../src/runtime/native.ts";
import { wasmBackend } from "../../src/runtime/wasm.ts";

export async function oneEngine(): Promise<Backend> {
  return (await nativeBackend(1)) ?? wasmBackend(ortWeb);
}
