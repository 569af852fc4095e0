/**
 * @file What the runs of a long sweep gave, in a file of the cache, so that the same command goes on where it was stopped.
 * The file is named by everything that the numbers depend on, and gone once the sweep has ended.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { VERSION } from "../base/version.ts";
import { cacheFolder } from "../formats/firstSight.ts";
import type { SweepLog } from "../studies/causal/chain.ts";

export interface FileLog extends SweepLog {
  readonly path: string;
  /** Runs that an interrupted sweep left. */
  readonly known: number;
  /** The sweep has ended: nothing is left of it. */
  remove(): void;
}

/** Sweeps shorter than this leave no file. */
const WRITTEN_AFTER_MS = 3000;

const line = z.tuple([z.int(), z.array(z.number().nullable())]);

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
  const runs = kept ? readRuns(path) : new Map<number, readonly number[]>();
  const known = runs.size;
  const started = performance.now();
  let waiting = "";
  return {
    path,
    known,
    recall: (run) => runs.get(run),
    record(run, numbers) {
      if (!kept || !numbers.every(Number.isFinite)) return; // JSON has no others; such a run is made again
      waiting += `${JSON.stringify([run, numbers])}\n`;
      if (performance.now() - started < afterMs && !existsSync(path)) return;
      try {
        mkdirSync(dirname(path), { recursive: true });
        appendFileSync(path, waiting);
      } catch {
        return; // without a cache a sweep cannot be resumed, and nothing else changes
      }
      waiting = "";
    },
    remove: () => {
      if (kept) rmSync(path, { force: true });
    },
  };
}

/** Whole lines; a run that stands there twice was made twice, with the same numbers. */
function readRuns(path: string): Map<number, readonly number[]> {
  const runs = new Map<number, readonly number[]>();
  if (!existsSync(path)) return runs;
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const read = parsed(text);
    if (read) runs.set(...read);
  }
  return runs;
}

/** Null for a line that was cut short. */
function parsed(text: string): [number, number[]] | null {
  try {
    const [run, numbers] = line.parse(JSON.parse(text));
    return numbers.every((value) => value !== null) ? [run, numbers as number[]] : null;
  } catch {
    return null;
  }
}
