/** @file The part of ONNX Runtime's JavaScript API that is the same in onnxruntime-node and onnxruntime-web. */
import { DeviceError, UnableError } from "../base/errors.ts";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import type { Device, EngineSession, RawTensor } from "../base/backend.ts";

type OrtTensorType = typeof OrtTensor;

/** On processors the fusion of a sum with the norm that reads it takes five times as long as the two apart (measured). */
export const OPTIMISATION = { disable_specified_optimizers: "SkipLayerNormFusion" } as const;

/** What fetches the libraries that device cuda needs. */
export const INSTALL_CUDA = "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node";

/** What WebGPU says of the first use of a buffer that it had no memory for, or that is larger than its adapter allows. */
const NO_BUFFER = "[Invalid Buffer";

/** @param explain throws what a fault of the engine means */
export function engineSession(
  session: InferenceSession,
  Tensor: OrtTensorType,
  explain: (error: unknown) => never = explainError,
): EngineSession {
  return {
    async run(feeds, outputs) {
      const inputs: Record<string, OrtTensor> = {};
      for (const [name, { type, data, shape }] of feeds)
        inputs[name] = new Tensor(type, data as never, shape);
      const results = await (
        outputs ? session.run(inputs, [...outputs]) : session.run(inputs)
      ).catch(explain);
      return new Map(
        Object.entries(results).map(([name, { type, dims, data }]) => [
          name,
          { type, shape: dims, data } as unknown as RawTensor,
        ]),
      );
    },
    close: () => session.release(),
  };
}

/**
 * Allocation failures say so in words of many kinds, a missing adapter in one; everything else is a fault of ours and is passed on.
 *
 * @param instead a device that cannot be lost
 */
export function explainError(error: unknown, instead: Device = "cpu"): never {
  const message = error instanceof Error ? error.message : String(error);
  if (
    /bad_alloc|failed to allocate|out of memory|Array buffer allocation|RangeError: Invalid typed array/i.test(
      message,
    ) ||
    message.includes(NO_BUFFER)
  ) {
    const words = `out of memory: ${message.split("\n")[0]!}`;
    throw new DeviceError(words, words, { cause: error });
  }
  if (/device (was |is )?lost|DEVICE_REMOVED|DEVICE_HUNG/i.test(message))
    throw new DeviceError(
      `the device was lost (${message})`,
      `the device was lost, so there is no result (${message}); \`device\` ${instead} computes it`,
      { cause: error },
    );
  if (/Failed to load shared library|libcudart|cudnn|CUDA driver/i.test(message))
    throw new UnableError(
      `device cuda needs a driver and ONNX Runtime's CUDA libraries, which are not here: ${INSTALL_CUDA} fetches them (${message.split("\n")[0]!})`,
      { cause: error },
    );
  if (/WebGPU adapter/i.test(message))
    throw new UnableError("device webgpu needs a WebGPU adapter, there is none", { cause: error });
  throw error;
}
