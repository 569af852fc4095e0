/** What can compute; the last three only where the engine's package has them. */
export const DEVICES = ["cpu", "wasm", "webgpu", "cuda", "coreml", "directml"] as const;

/** Whether it is the processor that computes, in the memory of the process. */
export function isProcessor(device: (typeof DEVICES)[number]): boolean {
  return device === "cpu" || device === "wasm";
}
