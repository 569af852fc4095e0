/** @file Chooses the engine in Node: native where it is installed, else WASM, and says which. */
import { InputError, UnableError } from "../base/errors.ts";
import {
  ENGINE_OPTIONS,
  type Backend,
  type Device,
  type EngineOptions,
  type OtherEngines,
} from "../base/backend.ts";
import { checkOptionNames } from "../base/optionNames.ts";
import { cardsHere } from "./cards.ts";
import { usableCores } from "./cores.ts";
import { nativeBackend, nativeDevicesHere } from "./native.ts";
import { spillFile } from "./spillFile.ts";
import { wasmBackend } from "./wasm.ts";

export const INSTALL_NATIVE = "npm install onnxruntime-node --ignore-scripts";

export interface OpenedBackend {
  readonly backend: Backend;
  /** Said to the user if it is not what they would expect. */
  readonly notice: string | null;
}

/**
 * @param device "auto" is the native processor engine if it is installed, with the other devices that it has beside it (a study
 *   takes the fastest, see `fastestFor`), else WASM
 * @param choosing where speeds are remembered, and who is told of a choice
 * @throws {InputError} "options" if WASM is asked for with several threads, which it has only in browsers
 * @throws {UnableError} if the device asked for by name cannot be had
 */
export async function openBackend(
  device: Device | "auto" = "auto",
  threads?: number,
  choosing: Omit<OtherEngines, "open"> = {},
): Promise<OpenedBackend> {
  if (device === "wasm" && threads !== undefined && threads !== 1)
    throw new InputError("options", `device wasm has 1 thread outside browsers, got ${threads}`);
  if (device !== "wasm") {
    const cores = usableCores();
    const most = Math.min(threads ?? cores, cores);
    const native = await nativeBackend(most, device === "auto" ? "cpu" : device);
    const notice =
      threads === undefined || threads === most
        ? null
        : `${threads} threads are slower than ${cores}, one for each core that this process has, which is used`;
    if (native && device !== "auto") return { backend: native, notice };
    if (native)
      return {
        backend: {
          ...native,
          others: { open: await othersOf(most), cards: cardsHere(), ...choosing },
        },
        notice,
      };
    if (device !== "auto") {
      throw new UnableError(
        `device ${device} needs onnxruntime-node, which is not installed here: ${INSTALL_NATIVE}`,
      );
    }
  }
  const ort = await import("onnxruntime-web");
  const notice =
    device === "auto"
      ? `onnxruntime-node is not installed, so this runs on WASM, several times slower; to install it: ${INSTALL_NATIVE}`
      : null;
  return { backend: { ...wasmBackend(ort), spillFile }, notice };
}

/** All devices that the native engine has for this system but the processor. */
async function othersOf(threads: number): Promise<OtherEngines["open"]> {
  const devices = await nativeDevicesHere();
  return Object.fromEntries(
    devices
      .filter((device) => device !== "cpu")
      .map((device) => [device, async () => (await nativeBackend(threads, device))!]),
  );
}

/**
 * What is opened in Node: `backend` as it is, else `device` with `threads`, as {@link openBackend}. What it has to say is a
 * warning of the process.
 */
export async function openEngineHere(
  options: EngineOptions = {},
  choosing: Omit<OtherEngines, "open"> = {},
): Promise<Backend> {
  checkOptionNames("openEngine", options, ENGINE_OPTIONS);
  const { backend, device, threads } = options;
  if (backend) return backend;
  const result = await openBackend(device, threads, choosing);
  if (result.notice) process.emitWarning(result.notice, "InductionLensWarning");
  return result.backend;
}
