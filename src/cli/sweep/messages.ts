/** @file What the pool of a sweep and its workers say to each other. */
import type { EngineFlags, ModelFlags } from "../flags/partFlags.ts";
import type { SweepJob } from "./plan.ts";

export interface WorkerSetup {
  readonly folder: string;
  readonly engine: EngineFlags;
  readonly model: ModelFlags;
}

export type ToWorker =
  | { readonly setup: WorkerSetup }
  | { readonly job: SweepJob }
  /** There is room for the job's memory now. */
  | { readonly go: true };

export type FromWorker =
  | { readonly ready: true }
  | { readonly needsBytes: number }
  | { readonly done: { readonly key: string; readonly computed: boolean } }
  | {
      readonly failed: string;
      /** "input" fails whenever it is tried; "unable" may not, another time or elsewhere. */
      readonly kind: "input" | "unable";
    };
