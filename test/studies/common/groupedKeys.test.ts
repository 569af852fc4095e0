/**
 * @file Heads that share keys are what they would be with keys of their own: six heads on two key heads, of a size that is
 * not hidden / heads, on two rows (as many as key heads), against the same model with each key head written three times.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TensorToWrite } from "../../../src/formats/writeSafetensors.ts";
import { generate } from "../../../src/studies/run/generate.ts";
import { runWithCache } from "../../../src/studies/run/runWithCache.ts";
import { runnableModel, type RunnableModel } from "../../../src/inputs/runnableModel.ts";
import { openModel } from "../../../src/models/open.ts";
import { ablate } from "../../../src/studies/ablate/ablate.ts";
import { attention } from "../../../src/studies/attention/attention.ts";
import { attribution } from "../../../src/studies/attribution/attribution.ts";
import { behaviours } from "../../../src/studies/behaviours/behaviours.ts";
import { circuit } from "../../../src/studies/circuit/circuit.ts";
import { compare } from "../../../src/studies/compare/compare.ts";
import { inductionHeadDetector } from "../../../src/studies/detector/inductionHeadDetector.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { patch } from "../../../src/studies/patch/patch.ts";
import { pathPatch } from "../../../src/studies/path/path.ts";
import { phaseRun } from "../../../src/studies/phase/phaseRun.ts";
import { score } from "../../../src/studies/score/score.ts";
import { shapley } from "../../../src/studies/shapley/shapley.ts";
import { text } from "../../../src/studies/text/text.ts";
import { verdict } from "../../../src/studies/verdict/verdict.ts";
import { why } from "../../../src/studies/why/why.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { CONFIG, numbers, writeFolder } from "../../models/tinyLlama.ts";

const [LAYERS, HEADS, KEY_HEADS, SIZE, WIDTH, MLP, VOCABULARY] = [2, 6, 2, 10, 24, 20, 50];
const GROUP = HEADS / KEY_HEADS;

/** @param copies how often each key head is written, one after the other */
function writeGrouped(folder: string, copies: number): string {
  let seed = 0;
  const random = (name: string, shape: number[], times = 2): TensorToWrite => {
    const data = numbers(shape, seed++).map((value) => times * value);
    return { name, shape, data };
  };
  const keys = (name: string): TensorToWrite => {
    const { data } = random(name, [KEY_HEADS * SIZE, WIDTH]);
    const values = data as Float32Array;
    const rows = Array.from({ length: KEY_HEADS * copies }, (_, head) => {
      const from = Math.floor(head / copies) * SIZE * WIDTH;
      return [...values.subarray(from, from + SIZE * WIDTH)];
    });
    return {
      name,
      shape: [KEY_HEADS * copies * SIZE, WIDTH],
      data: Float32Array.from(rows.flat()),
    };
  };
  const layer = (at: string) => [
    random(`${at}.input_layernorm.weight`, [WIDTH]),
    random(`${at}.post_attention_layernorm.weight`, [WIDTH]),
    random(`${at}.self_attn.q_proj.weight`, [HEADS * SIZE, WIDTH]),
    keys(`${at}.self_attn.k_proj.weight`),
    keys(`${at}.self_attn.v_proj.weight`),
    random(`${at}.self_attn.o_proj.weight`, [WIDTH, HEADS * SIZE]),
    random(`${at}.mlp.gate_proj.weight`, [MLP, WIDTH]),
    random(`${at}.mlp.up_proj.weight`, [MLP, WIDTH]),
    random(`${at}.mlp.down_proj.weight`, [WIDTH, MLP]),
  ];
  const tensors = [
    random("model.embed_tokens.weight", [VOCABULARY, WIDTH]),
    random("lm_head.weight", [VOCABULARY, WIDTH]),
    random("model.norm.weight", [WIDTH]),
    ...Array.from({ length: LAYERS }, (_, at) => layer(`model.layers.${at}`)).flat(),
  ];
  const config = {
    ...CONFIG,
    ...{ num_hidden_layers: LAYERS, num_attention_heads: HEADS, head_dim: SIZE },
    ...{ num_key_value_heads: KEY_HEADS * copies, hidden_size: WIDTH, intermediate_size: MLP },
    ...{ vocab_size: VOCABULARY, max_position_embeddings: 128 },
  };
  return writeFolder(folder, tensors, { config });
}

let folder: string;
let shared: RunnableModel;
let own: RunnableModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "induction-lens-test-"));
  const open = async (name: string, copies: number) =>
    runnableModel(await openModel(writeGrouped(join(folder, name), copies)), oneEngine);
  [shared, own] = [await open("shared", 1), await open("own", GROUP)];
});
afterAll(async () => {
  await shared.close();
  await own.close();
  rmSync(folder, { recursive: true, force: true });
});

const ROWS = { numExamples: 2, seqLen: 16 };
const TOKENS = [
  [1, 5, 6, 7, 5, 6, 7],
  [1, 9, 8, 7, 9, 8, 7],
];
const HEAD = { heads: ["1.4"] };

/** Studies whose numbers are of heads, positions or the whole model, and not of key heads. */
const STUDIES: Readonly<Record<string, (model: RunnableModel) => Promise<unknown>>> = {
  score: (model) => score(model, ROWS),
  verdict: (model) => verdict(model, { quick: true }),
  "patch heads": (model) => patch(model, { ...ROWS, raw: true }),
  "patch queries": (model) => patch(model, { ...ROWS, unit: "head-q", raw: true }),
  "patch patterns": (model) => patch(model, { ...ROWS, unit: "head-pattern", raw: true }),
  "paths into queries": (model) => pathPatch(model, { ...ROWS, into: ["1.4"], route: "q" }),
  ablate: (model) => ablate(model, { ...ROWS, eachHead: true }),
  lens: (model) => lens(model, ROWS),
  circuit: (model) => circuit(model, HEAD),
  attention: (model) => attention(model, { tokens: TOKENS }),
  why: (model) => why(model, { head: "1.4", tokens: TOKENS[0] }),
  text: (model) => text(model, { tokens: TOKENS }),
  shapley: (model) => shapley(model, { ...ROWS, heads: ["0.2", "0.5", "1.4"] }),
  behaviours: (model) => behaviours(model, { numExamples: 2 }),
  compare: async (model) => (await compare([model, model], { ...ROWS, verdicts: "none" })).pairs,
  detector: (model) => inductionHeadDetector(model, { numExamples: 2, seqLen: 8 }).detect(),
  generate: (model) => generate(model, TOKENS[0]!, { maxNewTokens: 3 }),
  phase: (model) => phaseRun([{ step: 1, open: () => Promise.resolve(unclosed(model)) }], ROWS),
};

function unclosed(model: RunnableModel): RunnableModel {
  return { ...model, close: () => Promise.resolve() };
}

const RUN = new Set(["id", "model", "environment", "timings", "kvHead"]);

/** Leaves by path, without what names the model and the run. */
function leavesOf(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, part]) =>
    RUN.has(key) ? [] : leavesOf(part, `${path}.${key}`),
  );
}

function expectAlike(ours: unknown, theirs: unknown): void {
  const expected = new Map(leavesOf(theirs));
  const leaves = leavesOf(ours);
  expect(leaves.map(([path]) => path)).toEqual([...expected.keys()]);
  for (const [path, value] of leaves) {
    const other = expected.get(path);
    if (typeof value === "number" && typeof other === "number")
      expect(Math.abs(value - other), path).toBeLessThan(2e-4 * (1 + Math.abs(other)));
    else expect(value, path).toEqual(other);
  }
}

test.each(Object.entries(STUDIES))(
  "%s: equal to that of the model whose heads have keys of their own",
  async (_, study) => {
    expectAlike(await study(shared), await study(own));
  },
  60_000,
);

test("attribution: a key head's estimate is the sum of its heads', all others are equal", async () => {
  const [grouped, each] = await Promise.all(
    [shared, own].map((model) => attribution(model, { ...ROWS, raw: true })),
  );
  for (const [index, { unit, change }] of grouped!.units.entries()) {
    const theirs = each!.units[index]!.change;
    const expected = /head-[kv]/.test(unit)
      ? theirs.map((heads) =>
          [0, 1].map((key) => sum(heads.slice(GROUP * key, GROUP * key + GROUP))),
        )
      : theirs;
    expectAlike(change, expected);
  }
});

test("runWithCache: patterns and outputs of heads are equal, keys are those of the key heads", async () => {
  const [grouped, each] = await Promise.all(
    [shared, own].map((model) => runWithCache(model, TOKENS, { names: "*" })),
  );
  const keys = grouped!.cache.get("blocks.1.attn.hook_k")!;
  expect([keys.axes, keys.shape]).toEqual([
    ["batch", "position", "kv_head", "d_head"],
    [2, 7, KEY_HEADS, SIZE],
  ]);
  for (const name of ["hook_pattern", "hook_z", "hook_q"]) {
    const [a, b] = [grouped!, each!].map(({ cache }) => cache.get(`blocks.1.attn.${name}`)!);
    expectAlike([a!.axes, a!.shape, [...a!.data]], [b!.axes, b!.shape, [...b!.data]]);
  }
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
