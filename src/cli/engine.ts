import type { Backend } from "../base/backend.ts";
import { openBackend } from "../runtime/openBackend.ts";

export interface EngineOptions {
  readonly threads?: number | undefined;
  readonly device: "auto" | "cpu" | "wasm" | "webgpu";
  readonly quiet?: boolean | undefined;
}

/** The engine that the options name; what the user would not expect is said on standard error. */
export async function engineFor({ device, threads }: EngineOptions): Promise<Backend> {
  const { backend, notice } = await openBackend(device, threads);
  if (notice) process.stderr.write(`note: ${notice}\n`);
  return backend;
}
