import { describe, expect, test } from "vitest";
import { capture } from "../../../src/graph/edits/capture.ts";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { attentionResult } from "../../../src/studies/attention/result.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { attentionView } from "../../../src/studies/attention/view.ts";
import { attention } from "../../../src/studies/attention/attention.ts";
import { rowOf } from "../../../src/inputs/sequences.ts";
import { shared, unlessShared } from "../../shared.ts";
import { oneEngine } from "../../interventions/engine.ts";

const engine = await oneEngine();
const TOKENS = [[5, 9, 7, 11, 5, 9, 7, 11, 3]];

describe("attention", () => {
  test("shows the heads that look at what followed a repeat, if none are named", async () => {
    const result = await attention(await openPlanted("induction"), { backend: engine });
    expect(attentionResult.safeParse(result).error).toBeUndefined();
    expect(result.heads.map(({ layer, head }) => `${layer}.${head}`)).toEqual(["1.2"]);
    const [{ looksAt, weights }] = result.heads as [(typeof result.heads)[number]];
    expect(looksAt.induction!.value).toBeGreaterThan(0.99);
    expect(looksAt.induction!.uniform).toBeLessThan(0.05);
    expect(weights.map((row) => row.length)).toEqual(weights.map((_, query) => query + 1));
    for (const row of weights)
      expect(row.reduce<number>((sum, weight) => sum + weight!, 0)).toBeCloseTo(1, 5);
  });

  test("says of a text why BOS is on or off, since rows of random tokens may have it otherwise", async () => {
    const model = await openPlanted("induction");
    const { input, ...result } = await attention(model, { backend: engine, tokens: TOKENS });
    const bosPolicy = "auto: the GGUF sets add_bos_token false; the template is not asked";
    const ofText = { ...input, kind: "text" as const, bosPolicy };
    const line = attentionView({ ...result, input: ofText }).lines[1];
    expect(line).toContain("· BOS off (the GGUF sets add_bos_token false) ·");
    expect(attentionView({ ...result, input }).lines[1]).toContain("· BOS off ·");
  });

  const { skip, note } = unlessShared("goldens", "llama", "config.json");
  test.skipIf(skip)(`weighs by the values of the head's own group${note}`, async () => {
    const model = await openFolder(shared("goldens", "llama")!, "llama");
    const { heads, kvHeads } = model.architecture;
    expect(kvHeads).toBeLessThan(heads);
    const [pattern, weighted] = await Promise.all(
      (["pattern", "value-weighted"] as const).map((values) =>
        attention(model, { backend: engine, heads: ["1.*"], values, tokens: TOKENS }),
      ),
    );
    const session = await prepare(capture(model.program, ["blocks.1.attn.hook_v"]), engine);
    const v = (await session.run(new Map([["tokens", rowOf({ tokens: TOKENS[0]! })]]))).get(
      "blocks.1.attn.hook_v",
    )!;
    await session.close();
    const width = v.shape.at(-1)!;
    for (let head = 0; head < heads; head++) {
      const { weights, kvHead } = weighted!.heads[head]!;
      expect(kvHead).toBe(Math.floor((head * kvHeads) / heads));
      weights.at(-1)!.forEach((value, key) => {
        const from = (key * kvHeads + kvHead) * width;
        const length = Math.sqrt(
          v.data.subarray(from, from + width).reduce((s, x) => s + x * x, 0),
        );
        expect(value! / pattern!.heads[head]!.weights.at(-1)![key]!).toBeCloseTo(length, 4);
      });
    }
    await model.close();
  });

  const mistral = unlessShared("goldens", "mistral", "config.json");
  test.skipIf(mistral.skip)(
    `has no weight where a sliding window hides a key${mistral.note}`,
    async () => {
      const model = await openFolder(shared("goldens", "mistral")!, "mistral");
      const tokens = [Array.from({ length: 20 }, (_, index) => index)];
      const { heads } = await attention(model, {
        backend: engine,
        heads: ["0.0"],
        values: "scores",
        tokens,
      });
      const last = heads[0]!.weights.at(-1)!;
      const hidden = last.filter((score) => score === null).length;
      expect(hidden).toBeGreaterThan(0);
      expect(last.slice(hidden).every((score) => Number.isFinite(score))).toBe(true);
      await model.close();
    },
  );

  test("takes sequences of different lengths, each as it would be alone", async () => {
    const model = await openPlanted("induction");
    const rows = [TOKENS[0]!, [0, 4, 8, 4]];
    const together = await attention(model, { backend: engine, heads: ["1.2"], tokens: rows });
    const alone = await attention(model, { backend: engine, heads: ["1.2"], tokens: [rows[1]!] });
    expect(together.heads[1]!.weights).toEqual(alone.heads[0]!.weights);
    expect(together.heads[1]!.sequence).toBe(1);
  });

  const long = (length: number) => Array<number>(length).fill(1);
  test.each([
    ["nothing that repeats", { tokens: [[1, 2, 3]] }, /no token of the sequences comes again/],
    ["a head that is not there", { heads: ["1.4"] }, /nearest: 1.3/],
    ["a layer that is not there", { heads: ["2.*"] }, /nearest: 1.0/],
    ["texts and tokens", { tokens: [[1, 2]], texts: ["a"] }, /both at once/],
    ["more tokens than positions", { tokens: [long(161)] }, /160 positions, got 161/],
    [
      "more than a page can show",
      { tokens: Array.from({ length: 60 }, () => long(160)), heads: ["0.*"] },
      /more than the 4000000 that can be shown: name at most 2 heads/,
    ],
  ])("refuses %s", async (_, options, message) => {
    const model = await openPlanted("induction");
    await expect(attention(model, { backend: engine, ...options })).rejects.toThrow(message);
  });
});
