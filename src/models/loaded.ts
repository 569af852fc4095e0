/** @file What loading adds to a model: identity, hash, the check for NaN, and a watch on its files. */
import type { Checkpoint } from "../formats/checkpoint.ts";
import { checkUnchanged, type OpenFile } from "../formats/file.ts";
import { firstSight } from "../formats/firstSight.ts";
import { nonFinite } from "../formats/nonFinite.ts";
import { sha256 } from "../formats/sha256.ts";
import type { Model } from "./family.ts";
import { refuseNonFinite } from "./refuseNonFinite.ts";

/** A model with where it comes from. Its files stay open until `close`. */
export interface LoadedModel extends Model {
  /** What the user called it. */
  readonly id: string;
  /** Full commit of a hub model. */
  readonly revision: string | null;
  /** Hash of the weight files' bytes, in name order. */
  readonly sha256: string;
  /**
   * Checks that the weight files are as they were when the model was loaded; called before and after measuring.
   *
   * @throws {InputError} "file" if one was changed
   */
  unchanged(): Promise<void>;
  close(): Promise<void>;
}

export interface LoadOptions {
  readonly revision?: string | null;
  readonly signal?: AbortSignal;
  /** Told what is going on and how far it is, in bytes. */
  readonly progress?: (step: string, done: number, total: number) => void;
}

/** @throws {InputError} "weights" if any weight is NaN or infinite: such a model has no scores */
export async function loaded({
  id,
  model,
  checkpoint,
  files,
  options,
}: {
  readonly id: string;
  readonly model: Model;
  readonly checkpoint: Checkpoint;
  readonly files: readonly OpenFile[];
  readonly options: LoadOptions;
}): Promise<LoadedModel> {
  const { signal, progress } = options;
  const ordered = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const snapshots = ordered.map((file) => file.snapshot);
  const told = (step: string) => ({
    signal,
    ...(progress && { progress: (done: number, total: number) => progress(step, done, total) }),
  });
  const sight = await firstSight(snapshots, async () => ({
    sha256: await sha256(ordered, told("hashing weights")),
    nonFinite: [...(await nonFinite(checkpoint.weights, told("checking weights")))],
  }));
  refuseNonFinite(id, sight.nonFinite);
  return {
    ...model,
    id,
    revision: options.revision ?? null,
    sha256: sight.sha256,
    unchanged: async () => {
      for (const snapshot of snapshots) await checkUnchanged(snapshot);
    },
    close: async () => {
      for (const file of files) await file.close();
    },
  };
}
