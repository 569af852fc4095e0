/**
 * @file What the runs of a long sweep gave, in a file of the cache, so that the same command goes on where it was stopped.
 * The file is named by everything that the numbers depend on, and gone once the sweep has ended.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { VERSION } from "../base/version.ts";
import { cacheFolder } from "../formats/firstSight.ts";
import type { SweepLog } from "../interventions/chain.ts";
import { keptLines } from "./keptLines.ts";

export interface FileLog extends SweepLog {
  readonly path: string;
  /** Runs that an interrupted sweep left. */
  readonly known: number;
  /** The sweep has ended: nothing is left of it. */
  remove(): void;
}

/** Sweeps shorter than this leave no file. */
const WRITTEN_AFTER_MS = 3000;

const line = z.tuple([z.int(), z.array(z.number())]);

/**
 * @param facts model, options and engine: whatever the numbers depend on
 * @param kept false: nothing is read or written; `folder` has the file, once the sweep has taken `afterMs`
 */
export function sweepLog(
  facts: unknown,
  { kept = true, folder = join(cacheFolder(), "sweeps"), afterMs = WRITTEN_AFTER_MS } = {},
): FileLog {
  const key = createHash("sha256")
    .update(JSON.stringify([VERSION, facts]))
    .digest("hex");
  const path = join(folder, `${key}.jsonl`);
  const lines = kept ? keptLines(path, afterMs) : null;
  const runs = new Map((lines?.left ?? []).flatMap(runOf));
  return {
    path,
    known: runs.size,
    recall: (run) => runs.get(run),
    record(run, numbers) {
      if (numbers.every(Number.isFinite)) lines?.keep([run, numbers]); // JSON has no others; such a run is made again
    },
    remove: () => lines?.remove(),
  };
}

/** A run that stands there twice was made twice, with the same numbers; none for a line of something else. */
function runOf(value: unknown): [number, number[]][] {
  const { data } = line.safeParse(value);
  return data ? [data] : [];
}
