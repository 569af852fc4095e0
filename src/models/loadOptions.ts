import type { Progress } from "../base/progress.ts";
import type { ScanOptions } from "../formats/inChunks.ts";

export interface LoadOptions {
  readonly revision?: string | null | undefined;
  /** False: keep no decoded weights on disk. */
  readonly cache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what the user should know, such as that a matrix is zero or that a cached copy is used. */
  readonly notice?: ((text: string) => void) | undefined;
  /** Told what is going on and how far it is, in bytes. */
  readonly progress?: Progress | undefined;
}

/** `signal` and `progress` for the step of loading called `step`. */
export function stepOptions({ signal, progress }: LoadOptions, step: string): ScanOptions {
  return { signal, progress: progress && ((done, total) => progress(step, done, total)) };
}
