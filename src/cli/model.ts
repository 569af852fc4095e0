import { openModel } from "../models/open.ts";
import type { LoadedModel } from "../models/loaded.ts";
import type { Progress } from "./progress.ts";

/** Options of every command that opens a model. */
export interface ModelOptions {
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  /** Commander's form of --no-cache: false if it was given. */
  readonly cache?: boolean | undefined;
}

/** The model that the user named; what they should know about it is said on standard error. */
export function modelFor(
  name: string,
  { revision, offline, cache }: ModelOptions,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<LoadedModel> {
  return openModel(name, {
    ...(revision !== undefined && { revision }),
    ...(offline !== undefined && { offline }),
    ...(cache !== undefined && { cache }),
    signal,
    progress: progress.report,
    notice: (text) => process.stderr.write(`note: ${text}\n`),
  });
}
