/** @file A device is used for a model only if it computes what the processor computes. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/base/backend.ts";
import { UnableError } from "../../src/base/errors.ts";
import { openPlanted } from "../../src/models/planted/planted.ts";
import { engineFor } from "../../src/runtime/engineFor.ts";
import { openBackend } from "../../src/runtime/openBackend.ts";
import { explainError } from "../../src/runtime/ortSession.ts";
import { ALLOWED_DIFFERENCE, selfCheck } from "../../src/runtime/selfCheck.ts";
import { wasmBackend } from "../../src/runtime/wasm.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { score } from "../../src/studies/score/score.ts";
import { oneEngine } from "../interventions/engine.ts";

const engine = await oneEngine();
const model = await openPlanted("induction");

/** An engine that is not the processor's, whose numbers are changed by `change`. */
function device(change: (value: number) => number) {
  const counts = { sessions: 0, references: 0 };
  const backend: Backend = {
    ...engine,
    device: "webgpu",
    reference: () => {
      counts.references++;
      return Promise.resolve(engine);
    },
    async create(...args) {
      counts.sessions++;
      const session = await engine.create(...args);
      return {
        close: () => session.close(),
        async run(feeds, outputs) {
          const trace = await session.run(feeds, outputs);
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
  return { backend, seen: counts };
}

describe("a device", () => {
  test("that computes the same is checked once for a model, and used", async () => {
    const { backend, seen: counts } = device((value) => value * (1 + 1e-7));
    expect(await selfCheck(model.program, backend)).toBeLessThan(1e-6);
    await engineFor(model, { backend });
    await engineFor(model, { backend, memory: 100e6 });
    expect(counts).toEqual({ sessions: 1, references: 1 });
    const { environment } = await score(model, { backend, numExamples: 2, seqLen: 12 });
    expect(environment).toEqual({ device: "webgpu", versions: engine.versions });
  });

  test.each([
    ["is off", (value: number) => value + 0.01, /differs from the processor by \d\.\de-\d/],
    ["gives no number", () => NaN, /by Infinity/],
    ["gives infinity", () => Infinity, /by Infinity/],
  ])(
    "that %s is refused before any study, with the device that does it right",
    async (_, change, words) => {
      const { backend } = device(change);
      const refused = score(model, { backend, numExamples: 2, seqLen: 12 });
      await expect(refused).rejects.toThrow(UnableError);
      await expect(refused).rejects.toThrow(words);
      await expect(refused).rejects.toThrow(
        `where ${ALLOWED_DIFFERENCE} is allowed; \`device\` cpu computes it`,
      );
    },
  );

  test("that fails is refused in one sentence, with what it said", async () => {
    const { backend } = device((value) => value);
    const create = () => Promise.reject(new Error("the adapter ran out of memory"));
    await expect(score(model, { backend: { ...backend, create } })).rejects.toThrow(
      "device webgpu could not run this model (the adapter ran out of memory); `device` cpu computes it",
    );
  });

  test("that is lost says so in one sentence, and leaves a study to the processor", async () => {
    const { backend } = device((value) => value);
    let sessions = 0;
    const create: Backend["create"] = async (...args) => {
      const session = await engine.create(...args);
      const isChecked = ++sessions === 1;
      const lost = () =>
        Promise.reject(new Error("GPU device was lost: driver restarted")).catch(explainError);
      return isChecked ? session : { ...session, run: lost };
    };
    const ours = { ...backend, create };
    const { environment } = await score(model, { backend: ours, numExamples: 2, seqLen: 12 });
    expect(environment).toMatchObject({
      device: "cpu",
      choice:
        "cpu, since webgpu could not finish: the device was lost (GPU device was lost: driver restarted)",
    });
    await expect(runWithCache(model, [1, 2, 3], { backend: ours })).rejects.toThrow(
      "the device was lost, so there is no result (GPU device was lost: driver restarted); `device` cpu computes it",
    );
  });

  test("that has no room for a model leaves it to the processor before any study, and the Result says so", async () => {
    const { backend } = device((value) => value);
    const create: Backend["create"] = async (...args) => {
      const session = await engine.create(...args);
      const words =
        "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1]";
      return { ...session, run: () => Promise.reject(new Error(words)).catch(explainError) };
    };
    const full = { ...backend, create };
    const { environment } = await score(model, { backend: full, numExamples: 2, seqLen: 12 });
    expect(environment).toMatchObject({
      device: "cpu",
      choice:
        "cpu, since webgpu could not finish: out of memory: WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.",
    });
  });

  test("that a browser loses leads to wasm, since browsers have no device cpu", async () => {
    const create = () => Promise.reject(new Error("GPU device was lost"));
    const env = { wasm: {}, versions: { common: "1" } };
    const ort = { env, InferenceSession: { create } } as unknown as Parameters<
      typeof wasmBackend
    >[0];
    const session = wasmBackend(ort, 1, "webgpu").create(new Uint8Array(), {});
    await expect(session).rejects.toThrow("(GPU device was lost); `device` wasm computes it");
  });

  test.skipIf(process.platform !== "linux")(
    "whose libraries are not installed is refused in one sentence, which says what to install",
    async () => {
      await expect(openBackend("cuda")).rejects.toThrow(
        /^device cuda needs ONNX Runtime's CUDA libraries, .* npm rebuild onnxruntime-node/,
      );
    },
  );

  test("that the package lacks on this system is refused, with those that it has and where it is", async () => {
    const absent = process.platform === "darwin" ? "cuda" : "coreml";
    const where = absent === "cuda" ? "Linux on x64" : "macOS on Apple's processors";
    await expect(openBackend(absent)).rejects.toThrow(
      new RegExp(
        `^ONNX Runtime for \\w+ \\w+ does not have device ${absent}; it has cpu, .*; ${absent} is in the package for ${where}$`,
      ),
    );
  });
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")(
  "auto has the devices that the package has for this system, and speaks of no others",
  async () => {
    const { backend } = await openBackend("auto");
    expect(Object.keys(backend.others!.open)).toEqual(["webgpu", "cuda"]);
  },
);

test("the processor's own engines are not checked", async () => {
  let sessions = 0;
  const create: Backend["create"] = (...args) => {
    sessions++;
    return engine.create(...args);
  };
  await engineFor(model, { backend: { ...engine, create } });
  expect(sessions).toBe(0);
});
