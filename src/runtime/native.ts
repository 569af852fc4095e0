/** @file ONNX Runtime's native engine (onnxruntime-node, an optional dependency). Node only. */
import type { Backend, SessionOptions } from "../base/backend.ts";
import { usableCores } from "./cores.ts";
import { engineSession, explained, OPTIMISATION } from "./ortSession.ts";

/**
 * Since 1.29 onnxruntime-node makes a device id under the user's cache folder and reports runs to its maker unless this is
 * set before its first session. Whoever set it themselves is not overruled. In a worker thread `process.env` is a copy that
 * the engine does not see: there it has to be set before the process starts.
 */
function silenceTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}

/**
 * The native engine on the processor or, where an adapter exists, on WebGPU; null if onnxruntime-node is not installed
 * or has no binary for this machine.
 *
 * @param threads threads within an operation; more than there are cores is slower, not faster
 */
export async function nativeBackend(
  threads = usableCores(),
  device: "cpu" | "webgpu" = "cpu",
): Promise<Backend | null> {
  silenceTelemetry();
  const ort = await import("onnxruntime-node").catch(() => null);
  if (!ort) return null;
  const create = async (model: Uint8Array, { folder, sideFiles = [] }: SessionOptions) => {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: device === "cpu" ? ["cpu"] : ["webgpu", "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      enableMemPattern: false, // it would keep the largest run's memory twice, and runs are no faster for it
      logSeverityLevel: 3,
      externalData: sideFiles.map(({ path, data }) => ({ path, data })),
      extra: {
        optimization: OPTIMISATION,
        session: {
          // Threads of a session would go on spinning after a run, on the cores that the next session needs.
          intra_op: { allow_spinning: "0" },
          ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
        },
      },
    }).catch(explained);
    return engineSession(session, ort.Tensor);
  };
  return {
    device,
    threads,
    versions: { "onnxruntime-node": ort.env.versions.node ?? ort.env.versions.common },
    mapsFiles: true,
    availableBytes: () => process.availableMemory(), // of the container, where the process is in one
    create,
  };
}
