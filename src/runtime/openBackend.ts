/** @file Chooses the engine in Node: native where it is installed, else WASM, and says which. */
import { InputError, UnableError } from "../base/errors.ts";
import type { Backend, Device, OpenEngine } from "../base/backend.ts";
import { usableCores } from "./cores.ts";
import { nativeBackend } from "./native.ts";
import { wasmBackend } from "./wasm.ts";

export const INSTALL_NATIVE = "npm install onnxruntime-node --ignore-scripts";

export interface OpenedBackend {
  readonly backend: Backend;
  /** Said to the user if it is not what they would expect. */
  readonly notice: string | null;
}

/**
 * @param device "auto" is the native processor engine if it is installed, else WASM
 * @throws {InputError} "options" if WASM is asked for with several threads, which it has only in browsers
 * @throws {UnableError} if the device asked for by name cannot be had
 */
export async function openBackend(
  device: Device | "auto" = "auto",
  threads?: number,
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
    if (native) return { backend: native, notice };
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
  return { backend: wasmBackend(ort), notice };
}

/**
 * Opens what computes in Node: `backend` as it is, else `device` with `threads`. If `auto` finds no native engine, a warning of
 * the process says so and how to install it.
 *
 * @throws {InputError} "options" if WASM is asked for with several threads; @throws {UnableError} if there is no such device
 */
export const openEngine: OpenEngine = async ({ backend, device, threads } = {}) => {
  if (backend) return backend;
  const result = await openBackend(device, threads);
  if (result.notice) process.emitWarning(result.notice, "InductionLensWarning");
  return result.backend;
};
