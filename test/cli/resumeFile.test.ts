import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AbortError } from "../../src/base/errors.ts";
import type { ResumeLog } from "../../src/base/resumeLog.ts";
import { byteSize } from "../../src/base/byteSize.ts";
import { VERSION } from "../../src/base/version.ts";
import { canResume, discardWork, keptWork, type KeptWork } from "../../src/cli/keptWork.ts";
import { resumeFile, resumeKey, type ResumeFacts } from "../../src/cli/resumeFile.ts";
import { workLines } from "../../src/cli/workOfCache.ts";
import { transposeStored } from "../../src/formats/rearrangeStored.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { logInMemory } from "../resumeLog.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { attribution } from "../../src/studies/attribution/attribution.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { pathPatch } from "../../src/studies/path/path.ts";
import { oneEngine } from "../interventions/engine.ts";
import { emptyFolder } from "./cli.ts";

const engine = await oneEngine();

const { program } = await openPlanted("induction");
const FACTS: ResumeFacts = {
  study: "patch",
  model: { sha256: "a", program },
  backend: { device: "cpu", threads: 2, versions: { "onnxruntime-node": "1.30.0" } },
  options: { seed: 0, own: { tokens: [[1, 2]], period: 1, bos: false } },
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** The same weights, of which one is read the other way round. */
function transposedFirst() {
  return program.weights.map((weight, at) =>
    at === 0 ? { ...weight, stored: transposeStored(weight.stored) } : weight,
  );
}

/** A clock that is `elapsed` ms further than now. */
function later(elapsed: number): void {
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + elapsed);
}

describe("resumeKey(facts)", () => {
  test("is another for another study, model, reading of its files, device, thread count, engine version, option or row", async () => {
    const { backend, options } = FACTS;
    const others: ResumeFacts[] = [
      { ...FACTS, study: "ablate" },
      { ...FACTS, model: { sha256: "b", program } },
      { ...FACTS, model: { sha256: "a", program: { ...program, ops: program.ops.slice(1) } } },
      { ...FACTS, model: { sha256: "a", program: { ...program, weights: transposedFirst() } } },
      { ...FACTS, backend: { ...backend, device: "wasm" } },
      { ...FACTS, backend: { ...backend, threads: 1 } },
      { ...FACTS, backend: { ...backend, versions: { "onnxruntime-node": "1.30.1" } } },
      { ...FACTS, options: { ...options, seed: 1 } },
      { ...FACTS, options: { ...options, own: { tokens: [[1, 3]], period: 1, bos: false } } },
    ];
    const keys = [FACTS, ...others].map(resumeKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(resumeKey({ ...FACTS })).toBe(keys[0]);
    const again = await openPlanted("induction");
    expect(resumeKey({ ...FACTS, model: { ...again, sha256: "a" } })).toBe(keys[0]);
  });

  test("is another for another version of the package", async () => {
    const ownKey = resumeKey(FACTS);
    vi.resetModules();
    vi.doMock("../../src/base/version.ts", () => ({ VERSION: "999.0.0" }));
    const other = await import("../../src/cli/resumeFile.ts");
    vi.doUnmock("../../src/base/version.ts");
    expect(other.resumeKey(FACTS)).not.toBe(ownKey);
  });
});

describe("resumeFile(facts)", () => {
  test("gives back what was set under the same facts, digit by digit, and nothing of others", () => {
    const folder = emptyFolder();
    const first = resumeFile(FACTS, { folder, afterMs: 0 });
    const numbers = [0.1 + 0.2, -1e-17, 5];
    void first.set("a", numbers);
    void first.set("b", { low: null });
    const second = resumeFile(FACTS, { folder, afterMs: 0 });
    expect([second.get("a"), second.get("b"), second.get("c")]).toEqual([
      numbers,
      { low: null },
      undefined,
    ]);
    const { backend } = FACTS;
    const onMore = resumeFile({ ...FACTS, backend: { ...backend, threads: 4 } }, { folder });
    expect(onMore.get("a")).toBeUndefined();
    second.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("writes once the work is worth keeping, in a folder that it makes, and says where", () => {
    const folder = join(emptyFolder(), "deep");
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    const quick = resumeFile(FACTS, { folder, note });
    void quick.set("a", 1);
    expect(existsSync(folder)).toBe(false);
    later(10_000);
    void quick.set("b", 2);
    void quick.set("c", 3);
    const again = resumeFile(FACTS, { folder, note });
    expect([again.get("a"), again.get("b")]).toEqual([1, 2]);
    expect(notes).toEqual([
      expect.stringMatching(/^if this is stopped, the same command resumes from .*jsonl$/),
      expect.stringMatching(/^resuming: 3 steps of an earlier run are done/),
    ]);
  });

  test("passes over lines that were cut short or are something else, and numbers that JSON cannot hold", () => {
    const folder = emptyFolder();
    const log = resumeFile(FACTS, { folder, afterMs: 0 });
    void log.set("a", [1]);
    void log.set("b", { deep: [NaN] });
    const path = join(folder, readdirSync(folder)[0]!);
    appendFileSync(path, '{"a": 1}\n[2, [3]]\n["c", [4.');
    const again = resumeFile(FACTS, { folder });
    expect(["a", "b", "c"].map((key) => again.get(key))).toEqual([[1], undefined, undefined]);
    void again.set("d", 5);
    expect(resumeFile(FACTS, { folder }).get("d")).toBe(5);
    expect(readFileSync(path, "utf8")).toContain('["d",5]');
  });

  test("begins with what the list of kept work shows: study, model, steps and the command that resumes it", () => {
    const folder = emptyFolder();
    const heading = { model: "my model", command: ["patch", "my model", "-q"], folder: "/a b" };
    const log = resumeFile(FACTS, { folder, afterMs: 0, heading });
    void log.set("a", [1]);
    void log.set("b", [2]);
    const again = resumeFile(FACTS, { folder, heading });
    expect([again.get("a"), again.get("b")]).toEqual([[1], [2]]);
    const [work] = keptWork(folder);
    expect(work).toMatchObject({
      id: resumeKey(FACTS).slice(0, 8),
      steps: 2,
      heading: { study: "patch", version: VERSION, ...heading },
    });
    const lines = workLines(work!, work!.modified.getTime() + 2 * 3600_000);
    expect(lines).toEqual([
      `${work!.id}  patch of my model  2 steps  ${byteSize(work!.sizeBytes)}  2 hours ago`,
      "          resume: cd '/a b' && induction-lens patch 'my model' -q",
    ]);
  });

  test("is discarded by id, model or all, and nothing else is", () => {
    const folder = emptyFolder();
    const addWork = (study: string, model: string) => {
      const facts = { ...FACTS, study };
      const heading = { model, command: [study, model], folder };
      void resumeFile(facts, { folder, afterMs: 0, heading }).set("a", 1);
      return resumeKey(facts).slice(0, 8);
    };
    const [first, second, third] = [
      addWork("patch", "m1"),
      addWork("ablate", "m2"),
      addWork("path", "m2"),
    ];
    writeFileSync(join(folder, `${"0".repeat(64)}.jsonl`), '["a",1]\n'); // of a version without headings
    expect(() => discardWork("m3", folder)).toThrow(/has no kept work m3; .*it has /);
    const ids = (works: readonly KeptWork[]) => works.map(({ id }) => id).toSorted();
    expect(ids(discardWork("m2", folder))).toEqual([second, third].toSorted());
    expect(ids(keptWork(folder))).toEqual(["00000000", first].toSorted());
    expect(keptWork(folder).map(canResume).toSorted()).toEqual([false, true]);
    expect(ids(discardWork(first!, folder))).toEqual([first]);
    expect(ids(discardWork("all", folder))).toEqual(["00000000"]);
    expect(readdirSync(folder)).toEqual([]);
    expect(keptWork(join(folder, "none"))).toEqual([]);
  });

  test("is no fault where nothing can be written", () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "file"), "");
    const log = resumeFile(FACTS, { folder: join(folder, "file", "below"), afterMs: 0 });
    void log.set("a", [1]);
    log.remove();
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

/** Lets `runs` runs be recorded and aborts after the last one. */
function stopping(log: ResumeLog, runs: number, abort: AbortController): ResumeLog {
  let runCount = 0;
  return {
    get: log.get,
    set: (key, value) => {
      void log.set(key, value);
      if (++runCount === runs) abort.abort();
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
      attribution: (more: object) =>
        attribution(model, { backend: engine, ...OPTIONS, screen: 2, ...more }),
    };
    for (const [name, study] of Object.entries(studies)) {
      const folder = emptyFolder();
      const open = () => resumeFile({ ...FACTS, study: name }, { folder, afterMs: 0 });
      const abort = new AbortController();
      const stopped = study({ log: stopping(open(), 4, abort), signal: abort.signal });
      await expect(stopped, name).rejects.toThrow(AbortError);
      const log = open();
      const keys: string[] = [];
      const counted: ResumeLog = {
        get: log.get,
        set: (key, value) => {
          keys.push(key);
          void log.set(key, value);
        },
      };
      const { timings: _, ...resumed } = await study({ log: counted });
      const { timings: __, ...whole } = await study({});
      expect(resumed, name).toEqual(whole);
      expect(keys[0], name).toBe("run 4");
    }
  });

  test("of a verdict repeats no causal run that was finished", async () => {
    const model = await openPlanted("induction");
    const study = (more: object) =>
      verdict(model, { backend: engine, quick: true, ...OPTIONS, ...more });
    const noted = () => {
      const log = logInMemory();
      const keys: string[] = [];
      const set: ResumeLog["set"] = (key, value) => (keys.push(key), log.set(key, value));
      return { log: { get: log.get, set }, keys };
    };
    const whole = noted();
    const { timings: _, ...expected } = await study({ log: whole.log });
    const half = Math.floor(whole.keys.length / 2);
    const broken = noted();
    const abort = new AbortController();
    const stopped = study({ log: stopping(broken.log, half, abort), signal: abort.signal });
    await expect(stopped).rejects.toThrow(AbortError);
    expect(broken.keys).toEqual(whole.keys.slice(0, half));
    const { timings: __, ...resumed } = await study({ log: broken.log });
    expect(resumed).toEqual(expected);
    expect(broken.keys).toEqual(whole.keys);
    expect(whole.keys[half]).toMatch(/^causal 0 run/);
  });
});
