/** @file The engines that exist on this machine: the same tests run on all of them. */
import * as ortWeb from "onnxruntime-web";
import type { Backend } from "../../src/runtime/backend.ts";
import { nativeBackend } from "../../src/runtime/native.ts";
import { wasmBackend } from "../../src/runtime/wasm.ts";

export async function backends(): Promise<Backend[]> {
  const native = await nativeBackend(2);
  if (!native)
    console.warn("SKIPPED: native engine tests, because onnxruntime-node is not installed");
  return [...(native ? [native] : []), wasmBackend(ortWeb)];
}
