/** @file Studies of a model that does not fit: the same Results, to the last byte, as with all the memory they want. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gpt2Shape } from "../../bench/gpt2Shape.js";
import type { Backend } from "../../src/base/backend.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openModel } from "../../src/models/open.ts";
import { memoryBudget } from "../../src/runtime/memoryBudget.ts";
import { ablate } from "../../src/studies/ablate/ablate.ts";
import { lens } from "../../src/studies/lens/lens.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { runModel } from "../../src/studies/run/runModel.ts";
import { score } from "../../src/studies/score/score.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { oneEngine } from "../interventions/engine.ts";

/** Three layers of GPT-2's width have 85 MB of weights. */
const BUDGET = 75_000_000;

const folder = mkdtempSync(join(tmpdir(), "in-pieces-"));
const engine = await oneEngine();
let model: LoadedModel;
beforeAll(async () => {
  model = await openModel(await gpt2Shape(folder, "BF16", { layers: 3, vocabulary: 512 }));
}, 60_000);
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true });
});

const rows = { numExamples: 12, seqLen: 16 };
const tokens = Array.from({ length: 50 }, (_, row) =>
  Array.from({ length: 16 }, (_token, at) => (row * 31 + at * 7) % 512),
);

const STUDIES: Record<string, (backend: Backend) => Promise<unknown>> = {
  score: (backend) => score(model, { ...rows, numExamples: 60, backend, lossExamples: 30 }),
  "score with a precision": (backend) => score(model, { ...rows, backend, precision: 0.01 }),
  lens: (backend) => lens(model, { ...rows, backend }),
  ablate: (backend) => ablate(model, { ...rows, numExamples: 4, backend }),
  patch: (backend) => patch(model, { ...rows, numExamples: 4, raw: true, backend }),
  verdict: (backend) => verdict(model, { ...rows, backend, quick: true }),
  run: async (backend) => {
    const received: unknown[] = [];
    const names = ["blocks.0.attn.hook_pattern", "blocks.2.hook_resid_post", "logits"];
    const receive = (...all: readonly unknown[]) => void received.push(all);
    await runModel(model, { tokens, names, receive, backend });
    return received;
  },
};

/** Without what is measured by a clock. */
const lasting = (result: unknown) =>
  JSON.parse(
    JSON.stringify(result, (key, value: unknown) => (key === "timings" ? undefined : value)),
  ) as unknown;

test.each(Object.entries(STUDIES))(
  "%s gives the same in a budget that the model does not fit into",
  { timeout: 300_000 },
  async (_, study) => {
    let openCount = 0;
    const create: Backend["create"] = (...args) => {
      openCount++;
      return engine.create(...args);
    };
    const whole = await study({ ...engine, create });
    const atOnce = openCount;
    const within = await study({ ...engine, create, budget: memoryBudget(BUDGET, true) });
    expect(openCount - atOnce).toBeGreaterThan(atOnce);
    expect(lasting(within)).toEqual(lasting(whole));
  },
);
