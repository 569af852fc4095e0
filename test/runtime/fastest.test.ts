/** @file Of several devices the one that is clearly faster and right is taken, and the choice is remembered and said. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Backend, OtherEngines, SpeedMemory } from "../../src/base/backend.ts";
import { DeviceError, UnableError } from "../../src/base/errors.ts";
import { rememberedSpeeds } from "../../src/formats/rememberedSpeeds.ts";
import type { Program } from "../../src/graph/program.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { engineFor } from "../../src/runtime/engineFor.ts";
import { fastestFor } from "../../src/runtime/fastest.ts";
import { askedBytes } from "../../src/runtime/memoryBudget.ts";
import { score } from "../../src/studies/score/score.ts";
import { oneEngine } from "../interventions/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "fastest-"));
afterAll(() => rmSync(folder, { recursive: true }));
const engine = await oneEngine();
const model = await openPlanted("induction");
const rows = { numExamples: 12, seqLen: 16 };

/** A device that waits for each row: none is faster by chance. Its numbers are off by `apart`, relatively. */
function device(waitMs: number, apart = 0): Backend {
  return {
    ...engine,
    device: "webgpu",
    reference: () => Promise.resolve(engine),
    async create(...args) {
      const session = await engine.create(...args);
      return {
        ...session,
        async run(feeds, outputs) {
          const [rows = 1] =
            [...feeds.values()].find(({ shape }) => shape.length === 3)?.shape ?? [];
          await new Promise((resolve) => setTimeout(resolve, waitMs * rows));
          const trace = await session.run(feeds, outputs);
          const change = (value: number) => value * (1 + apart);
          return new Map(
            [...trace].map(([name, value]) => [
              name,
              { ...value, data: Float32Array.from(value.data, change) },
            ]),
          );
        },
      };
    },
  };
}

/** The processor, slowed down as if it had a large model, with other engines beside it. */
function processor(open: OtherEngines["open"], more: Omit<OtherEngines, "open"> = {}): Backend {
  return { ...device(10), device: "cpu", reference: undefined, others: { open, ...more } };
}

/** The model with a layer that is never run and costs more than anything. */
function heavy(): Program {
  const { program } = model;
  const d = { name: "d", size: 1e6 } as const;
  const input = (name: string, ...axes: (typeof d | { name: string; size: number })[]) => ({
    ...{ name, type: "float32" as const, axes },
    fill: { kind: "constant", value: 0 } as const,
  });
  const e = { name: "e", size: 1e6 };
  return {
    ...program,
    inputs: [...program.inputs, input("heavy a", d), input("heavy b", d, e)],
    ops: [
      ...program.ops,
      {
        op: "contract",
        inputs: ["heavy a", "heavy b"],
        output: "heavy",
        attributes: { axes: ["e"] },
      },
    ],
  };
}

const program = heavy();

describe("auto", () => {
  test("takes a device that is clearly faster, says so once, and remembers it", async () => {
    const words: string[] = [];
    let openCount = 0;
    const webgpu = () => {
      openCount++;
      return Promise.resolve(device(0));
    };
    const speeds = rememberedSpeeds(join(folder, "faster"));
    const choose = () =>
      fastestFor(
        program,
        processor({ webgpu }, { speeds, say: (text) => void words.push(text) }),
        16,
      );
    const first = await choose();
    expect(first.device).toBe("webgpu");
    expect(first.choice).toMatch(
      /^auto: webgpu, since cpu took [\d.e+]+ ms for a layer and a row of 16 tokens; webgpu took [\d.e-]+ ms$/,
    );
    expect(words).toEqual([first.choice]);
    expect(openCount).toBe(2);
    expect((await choose()).choice).toBe(first.choice); // the same milliseconds: nothing was measured
    expect(openCount).toBe(3);
  });

  test("stays on the processor where others are slower, wrong, or not to be had, and says why", async () => {
    const slow = await fastestFor(
      program,
      processor({ webgpu: () => Promise.resolve(device(600)) }),
      16,
    );
    expect([slow.device, slow.choice]).toEqual(["cpu", expect.stringContaining("; webgpu took")]);
    const wrong = await fastestFor(
      program,
      processor({ webgpu: () => Promise.resolve(device(0, 0.01)) }),
      16,
    );
    expect([wrong.device, wrong.choice]).toEqual([
      "cpu",
      expect.stringMatching(/; webgpu failed its self-check by \S+ where 0.0001 is allowed$/),
    ]);
    const absent = () => Promise.reject(new UnableError("device cuda needs a card"));
    const without = await fastestFor(program, processor({ cuda: absent }), 16);
    expect(without.choice).toMatch(/^auto: cpu, since cpu took .*; device cuda needs a card$/);
  });

  /** A try that the process does not survive. */
  const crash = (speeds: SpeedMemory) =>
    new Promise<void>((resolve) => {
      const open = () => {
        resolve();
        return new Promise<Backend>(() => undefined);
      };
      void fastestFor(program, processor({ webgpu: open }, { speeds }), 16);
    });

  test("tries a device again that did not come back, since the user may have stopped it, and not a third time", async () => {
    const webgpu = () => Promise.resolve(device(0));
    const stopped = rememberedSpeeds(join(folder, "stopped"));
    await crash(stopped);
    const again = await fastestFor(program, processor({ webgpu }, { speeds: stopped }), 16);
    expect(again.device).toBe("webgpu");
    const speeds = rememberedSpeeds(join(folder, "crashed"));
    await crash(speeds);
    await crash(speeds);
    const { choice } = await fastestFor(program, processor({ webgpu }, { speeds }), 16);
    expect(choice).toMatch(/; webgpu did not come back from two tries$/);
  });

  test("measures again where the cards are others", async () => {
    let openCount = 0;
    const webgpu = () => {
      openCount++;
      return Promise.resolve(device(0));
    };
    const speeds = rememberedSpeeds(join(folder, "cards"));
    for (const cards of ["one", "one", "another"])
      await fastestFor(program, processor({ webgpu }, { speeds, cards }), 16);
    expect(openCount).toBe(5); // twice where it is measured, once where it is remembered
  });

  test("leaves a small model where it is, untried, and Results say so", async () => {
    const webgpu = () => Promise.reject(new Error("internal: it was tried"));
    const { environment } = await score(model, { ...rows, backend: processor({ webgpu }) });
    expect(environment).toMatchObject({
      device: "cpu",
      choice: "auto: cpu, since a model as small as this gains nothing elsewhere",
    });
  });
});

/** A device whose numbers are a little off, and which is lost or full at its n-th run. */
function failing(atRun: number, error: Error): Backend {
  const right = device(0, 1e-6);
  let runs = 0;
  return {
    ...right,
    async create(...args) {
      const session = await right.create(...args);
      return {
        ...session,
        run: (...feeds) => (++runs === atRun ? Promise.reject(error) : session.run(...feeds)),
      };
    },
  };
}

describe("a device that is lost or full in the middle of a study", () => {
  test.each([2, 3, 5])(
    "at run %s leaves all of it to the processor, to the last byte",
    async (run) => {
      const options = { ...rows, numExamples: 600 };
      const { environment, timings, ...expected } = await score(model, {
        ...options,
        backend: engine,
      });
      const backend = failing(run, new DeviceError("the device was lost"));
      const {
        environment: own,
        timings: ownTimings,
        ...got
      } = await score(model, { ...options, backend });
      expect(got).toEqual(expected);
      expect([timings, ownTimings]).toBeDefined();
      expect(own).toEqual({
        ...environment,
        choice: "cpu, since webgpu could not finish: the device was lost",
      });
    },
  );

  test("keeps the budget that was asked for", async () => {
    const backend = await engineFor(model, { backend: device(0), memory: 100e6 });
    const { budget } = await backend.instead!("it is full");
    expect([backend.budget!.bytes, askedBytes(budget!)]).toEqual([100e6, 100e6]);
  });

  test("is no reason to compute anything again where the fault is another", async () => {
    const backend = failing(2, new Error("a node failed"));
    await expect(score(model, { ...rows, backend })).rejects.toThrow("a node failed");
  });
});
