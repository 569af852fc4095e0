/** @file A planted model as a checkpoint: its configuration and the parts that its tensors are made of. */
import type { Part } from "./disguise.ts";

export interface Checkpoint {
  readonly config: Readonly<Record<string, unknown>>;
  readonly parts: ReadonlyMap<string, Part>;
}
