/** What can compute; the last three only where the engine's package has them. */
export const DEVICES = ["cpu", "wasm", "webgpu", "cuda", "coreml", "directml"] as const;
