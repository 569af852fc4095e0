/** @file Chooses the engine in a browser. The part of ONNX Runtime that is not used is not loaded. */
import type { Backend, Device, EngineOptions, SpeedMemory } from "../base/backend.ts";
import { InputError, UnableError } from "../base/errors.ts";
import { wasmBackend } from "./wasm.ts";

export interface BrowserEngineOptions extends EngineOptions {
  /** Folder or address that onnxruntime-web's .wasm files are served from; left out: beside its script. */
  readonly wasmPaths?: string | undefined;
}

/**
 * Opens what computes in a browser: `backend` as it is, else `device` with `threads`. "auto" is WASM or, for a study of a large
 * model, WebGPU where a short try found it faster, and computing the same; threads are used only where the page is
 * cross-origin isolated.
 *
 * @throws {InputError} "options" for the native engine, which no browser has
 * @throws {UnableError} if WebGPU is asked for and the browser has no adapter
 */
export async function openEngine({
  backend,
  device = "auto",
  threads = 1,
  wasmPaths,
}: BrowserEngineOptions = {}): Promise<Backend> {
  if (backend) return backend;
  const chosen = deviceOf(device);
  if (chosen === "webgpu" && !(await hasAdapter()))
    throw new UnableError("device webgpu needs a browser with a WebGPU adapter, this one has none");
  const ort = await (chosen === "wasm"
    ? import("onnxruntime-web/wasm")
    : import("onnxruntime-web/webgpu"));
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  const engine = wasmBackend(ort, threads, chosen);
  const webgpu = () => openEngine({ device: "webgpu", threads, wasmPaths });
  if (device === "auto") return { ...engine, others: { open: { webgpu }, speeds: SPEEDS } };
  if (chosen === "wasm") return engine;
  return { ...engine, reference: () => openEngine({ device: "wasm", threads, wasmPaths }) };
}

/** As long as the page or its worker is there. */
const found = new Map<string, number | string>();
const SPEEDS: SpeedMemory = {
  get: (key) => Promise.resolve(found.get(key)),
  set: (key, value) => Promise.resolve(void found.set(key, value)),
};

function deviceOf(device: Device | "auto"): "wasm" | "webgpu" {
  if (device === "auto") return "wasm";
  if (device === "wasm" || device === "webgpu") return device;
  throw new InputError(
    "options",
    `a browser has the devices wasm and webgpu, got \`device\` ${device}`,
    { option: "device" },
  );
}

interface WithGpu {
  readonly gpu?: { requestAdapter(): Promise<object | null> };
}

async function hasAdapter(): Promise<boolean> {
  const { gpu } = navigator as Navigator & WithGpu;
  return Boolean(await gpu?.requestAdapter());
}
