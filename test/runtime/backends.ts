/** @file The engines that exist on this machine: the same tests run on all of them. */
import * as ortWeb from "onnxruntime-web";
import { builder } from "../../src/graph/builder.ts";
import type { Backend } from "../../src/base/backend.ts";
import { nativeBackend } from "../../src/runtime/native.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { wasmBackend } from "../../src/runtime/wasm.ts";

/** Native and WASM; WebGPU too where INDUCTION_LENS_WEBGPU asks for it, since a software adapter takes minutes. */
export async function backends(): Promise<Backend[]> {
  const native = await nativeBackend(2);
  if (!native)
    console.warn("SKIPPED: native engine tests, because onnxruntime-node is not installed");
  const webgpu = process.env["INDUCTION_LENS_WEBGPU"] ? await webgpuBackend() : null;
  return [...(native ? [native] : []), wasmBackend(ortWeb), ...(webgpu ? [webgpu] : [])];
}

async function webgpuBackend(): Promise<Backend | null> {
  const backend = await nativeBackend(2, "webgpu");
  if (!backend) return null;
  const b = builder();
  const x = b.input("x", "float32", { batch: 1 });
  try {
    const session = await prepare(b.program([b.add(x, x)]), backend);
    await session.close();
    return backend;
  } catch (error) {
    console.warn(
      `SKIPPED: WebGPU tests, because no adapter was found (${(error as Error).message})`,
    );
    return null;
  }
}
