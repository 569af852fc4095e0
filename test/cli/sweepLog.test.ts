import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AbortError } from "../../src/base/errors.ts";
import { sweepLog } from "../../src/cli/sweepLog.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import type { SweepLog } from "../../src/interventions/chain.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { oneEngine } from "../interventions/engine.ts";
import { emptyFolder } from "./cli.ts";

const engine = await oneEngine();

describe("sweepLog(facts)", () => {
  test("recalls what another log of the same facts recorded, digit by digit, and nothing of other facts", () => {
    const folder = emptyFolder();
    const first = sweepLog({ sha256: "a" }, { folder, afterMs: 0 });
    const numbers = [0.1 + 0.2, -1e-17, 5];
    first.record(0, numbers);
    first.record(1, [1]);
    const second = sweepLog({ sha256: "a" }, { folder, afterMs: 0 });
    expect([second.known, second.recall(0), second.recall(2)]).toEqual([2, numbers, undefined]);
    expect(sweepLog({ sha256: "b" }, { folder }).known).toBe(0);
    second.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("writes nothing of a short sweep, or if it may keep nothing", () => {
    const folder = emptyFolder();
    sweepLog(1, { folder, afterMs: 60_000 }).record(0, [1]);
    sweepLog(2, { folder, afterMs: 0, kept: false }).record(0, [1]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("passes over lines that were cut short or are something else, and numbers that JSON cannot hold", () => {
    const folder = emptyFolder();
    const log = sweepLog(1, { folder, afterMs: 0 });
    log.record(0, [1]);
    log.record(1, [NaN]);
    appendFileSync(log.path, '{"a": 1}\n[2, [3, null]]\n[3, [4.');
    const again = sweepLog(1, { folder });
    expect([again.known, again.recall(0)]).toEqual([1, [1]]);
  });

  test("a folder that cannot be made is no error", () => {
    const folder = emptyFolder();
    appendFileSync(join(folder, "file"), "");
    const log = sweepLog(1, { folder: join(folder, "file", "below"), afterMs: 0 });
    log.record(0, [1]);
    expect(existsSync(log.path)).toBe(false);
  });
});

/** Lets `runs` runs be recorded and aborts after the last one. */
function stopping(log: SweepLog, runs: number, abort: AbortController): SweepLog {
  return {
    recall: log.recall,
    record: (run, numbers) => {
      log.record(run, numbers);
      if (run + 1 === runs) abort.abort();
    },
  };
}

describe("an interrupted sweep", () => {
  const OPTIONS = { numExamples: 10, seqLen: 64 } as const;

  test("goes on where it stopped and ends with the Result of one that was not", async () => {
    const model = await openPlanted("induction");
    const studies = {
      patch: (more: object) => patch(model, { backend: engine, ...OPTIONS, ...more }),
      ablate: (more: object) =>
        ablate(model, { backend: engine, ...OPTIONS, minimal: {}, ...more }),
      path: (more: object) =>
        pathPatch(model, { backend: engine, ...OPTIONS, into: ["1.2"], ...more }),
    };
    for (const [name, study] of Object.entries(studies)) {
      const folder = emptyFolder();
      const open = () => sweepLog(name, { folder, afterMs: 0 });
      const abort = new AbortController();
      const stopped = study({ log: stopping(open(), 4, abort), signal: abort.signal });
      await expect(stopped, name).rejects.toThrow(AbortError);
      const log = open();
      expect(log.known, name).toBe(4);
      const made: number[] = [];
      const counted = {
        recall: log.recall,
        record: (run: number, numbers: readonly number[]) => {
          made.push(run);
          log.record(run, numbers);
        },
      };
      const { timings: _, ...resumed } = await study({ log: counted });
      const { timings: __, ...whole } = await study({});
      expect(resumed, name).toEqual(whole);
      expect(made[0], name).toBe(4);
    }
  });
});
