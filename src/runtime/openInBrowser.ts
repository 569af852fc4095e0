/** @file Chooses the engine in a browser. The part of ONNX Runtime that is not used is not loaded. */
import { UnableError } from "../base/errors.ts";
import type { Backend } from "../base/backend.ts";
import { wasmBackend } from "./wasm.ts";

export interface BrowserEngine {
  /** Left out: "wasm". */
  readonly device?: "wasm" | "webgpu" | undefined;
  /** Used only where the page is cross-origin isolated; left out: 1. */
  readonly threads?: number | undefined;
  /** Folder or address that onnxruntime-web's .wasm files are served from; left out: beside its script. */
  readonly wasmPaths?: string | undefined;
}

/** @throws {UnableError} if WebGPU is asked for and the browser has no adapter */
export async function openInBrowser({
  device = "wasm",
  threads = 1,
  wasmPaths,
}: BrowserEngine = {}): Promise<Backend> {
  if (device === "webgpu" && !(await hasAdapter()))
    throw new UnableError("device webgpu needs a browser with a WebGPU adapter, this one has none");
  const ort = await (device === "wasm"
    ? import("onnxruntime-web/wasm")
    : import("onnxruntime-web/webgpu"));
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return wasmBackend(ort, threads, device);
}

interface WithGpu {
  readonly gpu?: { requestAdapter(): Promise<object | null> };
}

async function hasAdapter(): Promise<boolean> {
  const { gpu } = navigator as Navigator & WithGpu;
  return Boolean(await gpu?.requestAdapter());
}
