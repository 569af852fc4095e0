import { describe, expect, test } from "vitest";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { openTorch } from "../../../src/models/openTorch.ts";
import { whyResult } from "../../../src/studies/why/result.ts";
import { lens } from "../../../src/studies/lens/lens.ts";
import { why } from "../../../src/studies/why/why.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { TOLERANCE } from "../../interventions/goldens.ts";

const engine = await oneEngine();

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Shortformer adds positions beside the stream, qwen3 norms queries and keys, llama and mistral share keys; granite, olmo2
 * and gemma3 multiply or norm what heads write. */
const MODELS = [
  "gpt2",
  "neox",
  "llama",
  "mistral",
  "qwen2",
  "qwen3",
  "nanogpt-bias",
  "tl-attn2l",
  "tl-attn2l-ln",
  "tl-full",
  "tl-shortformer",
  ...["granite", "cohere", "olmo2", "olmo3", "glm4", "gemma3", "deepseek_v3"],
  ...["gemma2", "bloom", "mpt", "gpt_oss"], // soft caps, linear biases, sinks
  ...["olmo"], // queries, keys and values within bounds
];

describe("why", () => {
  for (const name of MODELS) {
    const file = name.startsWith("nanogpt") ? "ckpt.pt" : "config.json";
    const { skip, note } = unlessShared("goldens", name, file);
    test.skipIf(skip)(`parts sum to the score on ${name}, in every layer${note}`, async () => {
      const folder = shared("goldens", name)!;
      const model =
        file === "ckpt.pt"
          ? await openTorch(`${folder}/ckpt.pt`, name, {})
          : await openFolder(folder, name);
      const { layers, heads } = model.architecture;
      for (let layer = 0; layer < layers; layer++) {
        const head = `${layer}.${1 + (layer % (heads - 1))}`; // not all the last of their group
        const result = await why(model, { backend: engine, head, seqLen: 12, query: 9, key: 4 });
        expect(whyResult.safeParse(result).error).toBeUndefined();
        const { score, contrast, cell } = result;
        const { softcap, uncapped } = score;
        const capped = softcap === null ? uncapped : softcap * Math.tanh(uncapped / softcap);
        expect(Math.abs(capped - cell.score), head).toBeLessThan(TOLERANCE);
        expect(Math.abs(sum(score.contributions.flat()) - uncapped), head).toBeLessThan(TOLERANCE);
        expect(Math.abs(sum(score.byKey) - uncapped), head).toBeLessThan(TOLERANCE);
        expect(score.largestError, head).toBeLessThan(TOLERANCE);
        expect(Math.abs(sum(contrast.byKey) - contrast.logRatio), head).toBeLessThan(TOLERANCE);
      }
      await model.close();
    });
  }

  test("the planted induction head matches its embedding with what the previous-token head wrote", async () => {
    const model = await openPlanted("induction");
    const query = 40;
    const { cell, parts, score, contrast, effect } = await why(model, {
      backend: engine,
      head: "1.2",
      query,
    });
    expect(cell.key).toBe(query - 32 + 1);
    const at = (name: string) => parts.indexOf(name);
    expect(score.contributions[at("embedding")]![at("0.3")]!).toBeGreaterThan(0.95 * cell.score);
    expect(contrast.byKey[at("0.3")]!).toBeGreaterThan(0.95 * contrast.logRatio);
    expect(effect.target.why).toBe("next token");
    expect(effect.raised[0]!.token).toBe(effect.target.token);
    expect(effect.cell).toBeCloseTo(effect.head * cell.weight, 0);
  });

  for (const name of ["llama", "olmo"]) {
    const { skip, note } = unlessShared("goldens", name);
    test.skipIf(skip)(`effects of all keys sum to their head's on ${name}${note}`, async () => {
      const model = await openFolder(shared("goldens", name)!, name);
      const effects: number[] = [];
      let ofHead = 0;
      for (let key = 0; key < 8; key++) {
        const options = { backend: engine, head: "1.1", seqLen: 12, query: 7, key };
        const { effect } = await why(model, options);
        effects.push(effect.cell);
        ofHead = effect.head;
      }
      expect(Math.abs(sum(effects) - ofHead)).toBeLessThan(TOLERANCE);
      await model.close();
    });
  }

  test("contrast is the log of the weight over the geometric mean of the row", async () => {
    const model = await openPlanted("induction");
    const { cell, contrast, row } = await why(model, {
      backend: engine,
      head: "1.0",
      query: 4,
      topK: 5,
    });
    const logs = row.map(({ weight }) => Math.log(weight));
    expect(row.length).toBe(cell.visibleKeys);
    expect(contrast.logRatio).toBeCloseTo(Math.log(cell.weight) - sum(logs) / logs.length, 4);
  });

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(`a head's effect is that of the lens, the norm frozen${note}`, async () => {
    const model = await openFolder(shared("goldens", "llama")!, "llama");
    const query = 9;
    const row = { numExamples: 1, seqLen: 12 };
    const result = await lens(model, {
      backend: engine,
      ...row,
      of: "centred-logit",
      positions: [query],
    });
    for (const [layer, heads] of result.attribution.heads.entries()) {
      const { effect } = await why(model, {
        backend: engine,
        head: `${layer}.1`,
        seqLen: 12,
        query,
      });
      expect(Math.abs(effect.head - heads[1]!), `${layer}.1`).toBeLessThan(TOLERANCE);
    }
    await model.close();
  });

  test.each([
    [{ head: "2.0" }, /heads 0.0 to 1.3, got 2.0; nearest: 1.0/],
    [{ head: "1.2", query: 65 }, /position from 0 to 64, got 65/],
    [{ head: "1.2", query: 4, key: 5 }, /query 4 sees keys 0 to 4, got 5/],
    [{ head: "1.2", target: 256 }, /id from 0 to 255, got 256/],
    [{ head: "1.2", text: "a b a" }, /needs a tokenizer/],
    [{ head: "1.2", tokens: [3] }, /2 tokens or more, got 1/],
    [{ head: "1.2", tokens: [3, 999] }, /ids from 0 to 255/],
  ])("refuses %j", async (options, message) => {
    await expect(
      why(await openPlanted("induction"), { backend: engine, ...options }),
    ).rejects.toThrow(message);
  });

  test("stops when asked", async () => {
    const signal = AbortSignal.abort();
    const model = await openPlanted("induction");
    await expect(why(model, { backend: engine, head: "1.2", signal })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
