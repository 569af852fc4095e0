/** @file Models from GGUF and torch files against what the reference implementations compute. */
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { FAMILIES } from "../../src/models/families.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openModel } from "../../src/models/open.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { score } from "../../src/studies/score/score.ts";
import { backends } from "../runtime/backends.ts";
import { readAll, shared, sharedJson, unlessShared } from "../shared.ts";

const engines = await backends();
const engine = engines[0]!;

describe("a Hugging Face folder with torch weights", () => {
  const folder = join(import.meta.dirname, "../fixtures/torch/folder");
  const { tokens, logits } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    tokens: number[][];
    logits: number[][][];
  };

  test.each(["whole", "sharded"])("%s: logits equal PyTorch's", async (name) => {
    const model = await openModel(join(folder, name));
    const session = await prepare(model.program, engine);
    const rows = tensor(
      ["batch", "position"],
      [tokens.length, tokens[0]!.length],
      Int32Array.from(tokens.flat()),
    );
    const got = (await session.run(new Map([["tokens", rows]]))).get("logits")!;
    await session.close();
    await model.close();
    logits
      .flat(2)
      .forEach((value, index) => expect(Math.abs(got.data[index]! - value)).toBeLessThan(1e-5));
  });
});

const goldens = unlessShared("goldens", "nanogpt");
describe.skipIf(goldens.skip)(`nanoGPT checkpoints${goldens.note}`, () => {
  for (const name of ["nanogpt", "nanogpt-bias"]) {
    test(`${name}: logits, patterns and residual stream equal PyTorch's within 1e-4`, async () => {
      const path = shared("goldens", name)!;
      const model = await openModel(join(path, "ckpt.pt"));
      const expected = await readAll(join(path, "expected.safetensors"));
      const { tokens } = JSON.parse(readFileSync(join(path, "tokens.json"), "utf8")) as {
        tokens: number[][];
      };
      const last = `blocks.${model.architecture.layers - 1}.hook_resid_post`;
      const ours = (value: string) => (value === "ln_final.in" ? last : value);
      const session = await prepare(
        slice(model.program, { outputs: [...expected.keys()].map(ours) }),
        engine,
      );
      const rows = tensor(
        ["batch", "position"],
        [tokens.length, tokens[0]!.length],
        Int32Array.from(tokens.flat()),
      );
      const trace = await session.run(new Map([["tokens", rows]]));
      await session.close();
      await model.close();
      for (const [value, { data }] of expected) {
        const largest = data.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
        const got = trace.get(ours(value))!.data;
        data.forEach((each, index) =>
          expect(Math.abs(got[index]! - each), value).toBeLessThan(1e-4 * Math.max(1, largest)),
        );
      }
    });
  }
});

interface RealExpected {
  readonly tokens: number[][];
  readonly period: number;
  readonly bos: boolean;
  readonly loss_first_copy: number;
  readonly loss_second_copy: number;
}
interface SmolExpected extends RealExpected {
  readonly texts: {
    readonly text: string;
    readonly ids: number[];
    readonly top5: [number, number][];
  }[];
}

const MATRICES = {
  induction: "induction",
  previousToken: "previous",
  duplicateToken: "duplicate",
  firstToken: "first",
  currentToken: "current",
} as const;

/** The scores of a model, which is closed, once all of them and the losses are as the reference has them. */
async function scoresAsIn(model: LoadedModel, expected: RealExpected) {
  const { tokens, period, bos, ...expectedScores } = expected;
  const result = await score(model, {
    backend: engine,
    rows: { tokens, period, bos },
    lossExamples: "all",
  });
  await model.close();
  for (const [ours, theirs] of Object.entries(MATRICES) as [keyof typeof MATRICES, string][]) {
    const matrix = (expectedScores as unknown as Record<string, number[][]>)[theirs]!;
    result.scores[ours].forEach((layer, at) =>
      layer.forEach((value, head) =>
        expect(Math.abs(value - matrix[at]![head]!), `${ours} ${at}.${head}`).toBeLessThan(2e-3),
      ),
    );
  }
  expect(Math.abs(result.loss!.firstCopy - expectedScores.loss_first_copy)).toBeLessThan(2e-3);
  expect(Math.abs(result.loss!.secondCopy - expectedScores.loss_second_copy)).toBeLessThan(2e-3);
  return result;
}

const smol = unlessShared("data", "smollm2-135m");
describe.skipIf(smol.skip)(`SmolLM2-135M from GGUF${smol.note}`, () => {
  const path = () => join(shared("data", "smollm2-135m")!, "SmolLM2-135M-Instruct.Q4_1.gguf");
  const expected = () => sharedJson("goldens", "smollm2-135m", "expected.json") as SmolExpected;

  test("scores and losses equal the reference's within 2e-3, and 18.6 is first", async () => {
    const model = await openModel(path());
    expect(model.architecture).toMatchObject({ layers: 30, heads: 9, kvHeads: 3, bosToken: 1 });
    const result = await scoresAsIn(model, expected());
    expect(result.top[0]).toMatchObject({ layer: 18, head: 6 });
  });

  test("token ids equal the reference's, top-5 logits within 1e-2", async () => {
    const model = await openModel(path());
    const tokenizer = (await model.tokenizer())!;
    const session = await prepare(model.program, engine);
    for (const { text, ids, top5 } of expected().texts) {
      expect(tokenizer.encode(text)).toEqual(ids);
      const trace = await session.run(
        new Map([["tokens", tensor(["batch", "position"], [1, ids.length], Int32Array.from(ids))]]),
      );
      const logits = trace.get("logits")!;
      const last = logits.data.subarray(logits.data.length - logits.shape[2]!);
      const best = [...last.keys()].sort((a, b) => last[b]! - last[a]!).slice(0, 5);
      expect(best).toEqual(top5.map(([id]) => id));
      top5.forEach(([id, value]) => expect(Math.abs(last[id]! - value)).toBeLessThan(1e-2));
    }
    await session.close();
    await model.close();
  });
});

const gemma = unlessShared("data", "gemma3-270m");
const isThere = Object.hasOwn(FAMILIES, "gemma3_text");
describe.skipIf(gemma.skip || !isThere)(
  `Gemma 3 270M from GGUF${gemma.note}${isThere ? "" : " (once there is a family gemma3_text)"}`,
  () => {
    test("scores and losses equal the reference's within 2e-3, and 5.1 is first", async () => {
      const name = "gemma-3-270m.v40960.Q4_K_M.gguf";
      const model = await openModel(shared("data", "gemma3-270m", name)!);
      expect(model.architecture).toMatchObject({ layers: 18, heads: 4, kvHeads: 1, bosToken: 2 });
      const expected = sharedJson("goldens", "gemma3-270m", "circuit.json") as RealExpected;
      const result = await scoresAsIn(model, expected);
      expect(result.top[0]).toMatchObject({ layer: 5, head: 1 });
    });
  },
);
