/** @file What a long command has done so far, a line of JSON each in a file of the cache, so that it can go on. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";

export interface KeptLines {
  /** What an earlier, interrupted command left. A line that was cut off, or is no JSON, is not among it. */
  readonly left: readonly unknown[];
  /** Whether lines are in the file now; a place that cannot be written is no fault, nothing is kept then. */
  keep(line: unknown): boolean;
  /** All is done: nothing is left of it. */
  remove(): void;
}

/** @param afterMs work of less than this is quicker done again than kept: until then lines wait in memory */
export function keptLines(path: string, afterMs: number): KeptLines {
  const started = performance.now();
  let waiting = "";
  return {
    left: linesIn(path),
    keep(line) {
      waiting += `${JSON.stringify(line)}\n`;
      if (performance.now() - started < afterMs && !existsSync(path)) return false;
      try {
        mkdirSync(dirname(path), { recursive: true });
        appendFileSync(path, `\n${waiting}`); // an earlier command may have been ended within a line
      } catch {
        return false;
      } finally {
        waiting = "";
      }
      return true;
    },
    remove() {
      if (existsSync(path)) rmSync(path, { force: true });
    },
  };
}

function linesIn(path: string): unknown[] {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}
