/** @file ONNX Runtime's native engine (onnxruntime-node, an optional dependency). Node only. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UnableError } from "../base/errors.ts";
import type { Backend, SessionOptions } from "../base/backend.ts";
import { freeOnCards } from "./cards.ts";
import { usableCores } from "./cores.ts";
import { hasExactHalves } from "./exactHalves.ts";
import { memoryFolder } from "./memoryFolder.ts";
import { readAhead } from "./readAhead.ts";
import { engineSession, explainError, INSTALL_CUDA, OPTIMISATION } from "./ortSession.ts";
import { spillFile } from "./spillFile.ts";

/**
 * Since 1.29 onnxruntime-node makes a device id under the user's cache folder and reports runs to its maker unless this is
 * set before its first session. Whoever set it themselves is not overruled. In a worker thread `process.env` is a copy that
 * the engine does not see: there it has to be set before the process starts.
 */
function silenceTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}

/** Devices of the native engine, and what ONNX Runtime calls them. */
const PROVIDERS = {
  cpu: "cpu",
  webgpu: "webgpu",
  cuda: "cuda",
  coreml: "coreml",
  directml: "dml",
} as const;

/**
 * So many threads sleep between the operations of a run. More of them spin where their session is alone, since waking all of them takes
 * longer: of 16, 14.3 are busy in place of 9.2 (two on two cores gain 2 to 6 %, and lose 25 where another process computes). Sessions
 * that take turns lose by it, `verdict` a tenth or more.
 */
const SLEEPING_THREADS = 2;

export type NativeDevice = keyof typeof PROVIDERS;

/** Systems whose package has a device. */
const SYSTEMS: Readonly<Record<NativeDevice, string>> = {
  cpu: "every system",
  webgpu: "Windows, Linux on x64 and macOS on Apple's processors",
  cuda: "Linux on x64",
  coreml: "macOS on Apple's processors",
  directml: "Windows",
};

/**
 * The native engine on the processor or, where they exist, on WebGPU, CUDA, CoreML or DirectML; null if onnxruntime-node is not installed
 * or has no binary for this machine.
 *
 * @param threads threads within an operation; more than there are cores is slower, not faster
 * @throws {UnableError} for a device that the engine does not have on this system
 */
export async function nativeBackend(
  threads = usableCores(),
  device: NativeDevice = "cpu",
): Promise<Backend | null> {
  silenceTelemetry();
  const ort = await import("onnxruntime-node").catch(() => null);
  if (!ort) return null;
  const providers = ort.listSupportedBackends().map(({ name }) => name);
  refuseAbsent(device, providers);
  const create = async (
    model: Uint8Array,
    { folder, sideFiles = [], isAlone, keepsRoom = true }: SessionOptions,
  ) => {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: device === "cpu" ? ["cpu"] : [PROVIDERS[device], "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      enableCpuMemArena: keepsRoom,
      enableMemPattern: false, // it would keep the largest run's memory twice, and runs would not be faster
      logSeverityLevel: 4, // what it would say of an error is in the error
      externalData: sideFiles.map(({ path, data }) => ({ path, data })),
      extra: {
        optimization: OPTIMISATION,
        session: {
          intra_op: { allow_spinning: isAlone && threads > SLEEPING_THREADS ? "1" : "0" },
          force_spinning_stop: "1", // after a run other work needs the cores
          ...(folder !== undefined && { model_external_initializers_file_folder_path: folder }),
        },
      },
    }).catch(explainError);
    return engineSession(session, ort.Tensor);
  };
  return {
    device,
    threads,
    ...(device === "webgpu" && { keepsHalves: await keepsHalves(create) }),
    versions: { "onnxruntime-node": ort.env.versions.node ?? ort.env.versions.common },
    mapsFiles: true,
    memoryFolder: memoryFolder(),
    readAhead,
    spillFile,
    ...(device !== "cpu" && { reference: async () => (await nativeBackend(threads))! }),
    availableBytes: () => process.availableMemory(), // of the container, where the process is in one
    ...(HAVE_MEMORY.has(device) && { freeOnDevice: () => freeOnCards() }),
    create,
  };
}

/** Devices that may be a card with a memory of its own. */
const HAVE_MEMORY: ReadonlySet<NativeDevice> = new Set(["webgpu", "cuda", "directml"]);

/** Tried once in a process, which has one adapter. */
let triedHalves: Promise<boolean> | undefined;

function keepsHalves(create: Backend["create"]): Promise<boolean> {
  return (triedHalves ??= hasExactHalves({ create }));
}

/** Devices that the package for this system has, whether or not they can be reached; none where it is not installed. */
export async function nativeDevicesHere(): Promise<readonly NativeDevice[]> {
  silenceTelemetry();
  const ort = await import("onnxruntime-node").catch(() => null);
  if (!ort) return [];
  return devicesOf(ort.listSupportedBackends().map(({ name }) => name));
}

function devicesOf(providers: readonly string[]): NativeDevice[] {
  return NATIVE_DEVICES.filter((name) => providers.includes(PROVIDERS[name]));
}

/** @throws {UnableError} if the package for this system lacks the device, or what the device is reached by */
function refuseAbsent(device: NativeDevice, providers: readonly string[]): void {
  if (!providers.includes(PROVIDERS[device])) {
    const has = devicesOf(providers);
    throw new UnableError(
      `ONNX Runtime for ${process.platform} ${process.arch} does not have device ${device}; it has ${has.join(", ")}; ${device} is in the package for ${SYSTEMS[device]}`,
    );
  }
  if (device === "cuda" && !hasCudaLibraries())
    throw new UnableError(
      `device cuda needs ONNX Runtime's CUDA libraries, which are not installed here: ${INSTALL_CUDA} fetches them; it needs a driver, CUDA 12 and cuDNN 9 too`,
    );
  if (device === "webgpu" && process.platform === "linux" && !canLoad("libvulkan.so.1"))
    throw new UnableError(
      "device webgpu needs Vulkan's loader, libvulkan.so.1, which is not installed here (package libvulkan1 or vulkan-loader), and a driver",
    );
}

const NATIVE_DEVICES = Object.keys(PROVIDERS) as NativeDevice[];

/** Looked for where the package has them, because the engine says on standard error, beside its error, that it cannot load them. */
function hasCudaLibraries(): boolean {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  const folder = join(dirname(entry), "..", "bin");
  if (!existsSync(folder)) return true; // the package is laid out otherwise: the engine will say
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files.some((file) => /onnxruntime_providers_cuda\.(so|dll)$/.test(file));
}

/** Whether the system finds a library: one that it finds is refused as no addon, which is another error. */
function canLoad(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
    return true;
  } catch (error) {
    return !/cannot open shared object|no such file/i.test((error as Error).message);
  }
}
