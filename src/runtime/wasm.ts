/** @file ONNX Runtime's WASM engine (onnxruntime-web): in Node where native is absent, and in the browser. */
import type * as OrtWeb from "onnxruntime-web";
import type { Backend, SessionOptions } from "../base/backend.ts";
import { engineSession, explainError, OPTIMISATION } from "./ortSession.ts";

/** Browsers, which alone can lose a device here, have no device cpu. */
const explain = (error: unknown) => explainError(error, "wasm");

/** 32-bit addresses reach this far. */
const WASM_BYTES = 4e9;

/**
 * The engine in an onnxruntime-web module that the caller imported: "onnxruntime-web" in Node (one thread),
 * "onnxruntime-web/wasm" or "onnxruntime-web/webgpu" in the browser.
 *
 * @param threads used only where the page is cross-origin isolated
 */
export function wasmBackend(
  ort: typeof OrtWeb,
  threads = 1,
  device: "wasm" | "webgpu" = "wasm",
): Backend {
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const create = async (model: Uint8Array, { sideFiles = [] }: SessionOptions) => {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: [device],
      graphOptimizationLevel: "all",
      logSeverityLevel: 4, // what it would say of an error is in the error
      extra: { optimization: OPTIMISATION },
      externalData: sideFiles.map(({ path, data }) => ({ path, data })),
    }).catch(explain);
    return engineSession(session, ort.Tensor, explain);
  };
  return {
    device,
    threads,
    versions: { "onnxruntime-web": ort.env.versions.web ?? ort.env.versions.common },
    mapsFiles: false,
    availableBytes: () => WASM_BYTES,
    create,
  };
}
