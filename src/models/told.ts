import type { ScanOptions } from "../formats/inChunks.ts";
import type { LoadOptions } from "./loaded.ts";

/** `signal` and `progress` for one step of loading. */
export function told({ signal, progress }: LoadOptions, step: string): ScanOptions {
  return {
    signal,
    ...(progress && { progress: (done: number, total: number) => progress(step, done, total) }),
  };
}
