/** @file generate: greedy continuation, sampling, edits at every step; against whole forward passes. */
import { describe, expect, test } from "vitest";
import { ablateHeads } from "../../../src/graph/edits/ablateHeads.ts";
import { load } from "../../../src/index.ts";
import { generate } from "../../../src/studies/run/generate.ts";
import { runWithCache } from "../../../src/studies/run/runWithCache.ts";
import { matchValues } from "../../../src/studies/run/runModel.ts";
import { shared, unlessShared } from "../../shared.ts";

const PROMPT = [0, 17, 5, 33, 21, 40, 17, 5];
const SMOL = ["data", "smollm2-135m", "SmolLM2-135M-Instruct.Q4_1.gguf"] as const;
const smol = unlessShared(...SMOL);

describe("generate(model, prompt, options)", () => {
  test("takes the likeliest token of a whole forward pass at every step", async () => {
    const model = await load("zoo:attn-2l");
    const { tokens, newTokens, finish } = await generate(model, PROMPT, { maxNewTokens: 5 });
    expect([tokens.slice(0, PROMPT.length), tokens.slice(PROMPT.length), finish]).toEqual([
      PROMPT,
      newTokens,
      "length",
    ]);
    const { logits } = await runWithCache(model, tokens, { names: [] });
    const [, length, vocabulary] = logits!.shape as readonly [number, number, number];
    for (let position = PROMPT.length - 1; position < length - 1; position++) {
      const row = [...logits!.data.subarray(position * vocabulary, (position + 1) * vocabulary)];
      expect(row.indexOf(Math.max(...row))).toBe(tokens[position + 1]);
    }
    expect(newTokens.slice(0, 2)).toEqual([33, 21]); // what followed 17 5 before
    await model.close();
  });

  test("applies edits at every step: without its induction heads the model does not go on with the copy", async () => {
    const model = await load("zoo:attn-2l");
    const heads = ["1.0", "1.1", { layer: 1, head: 2 }, "1.3"];
    const edits = [(program: typeof model.program) => ablateHeads(program, heads)];
    const { newTokens } = await generate(model, PROMPT, { maxNewTokens: 4, edits });
    expect(newTokens).not.toEqual([33, 21, 40, 17]);
    await model.close();
  });

  test("draws the same tokens for the same seed, others for another, and the likeliest at topK 1", async () => {
    const model = await load("zoo:attn-2l");
    const draw = (more: object) =>
      generate(model, PROMPT.slice(0, 3), { maxNewTokens: 12, temperature: 5, ...more });
    const { newTokens: first } = await draw({ seed: 1 });
    expect((await draw({ seed: 1 })).newTokens).toEqual(first);
    expect((await draw({ seed: 2 })).newTokens).not.toEqual(first);
    const greedy = await generate(model, PROMPT.slice(0, 3), { maxNewTokens: 12 });
    expect((await draw({ topK: 1 })).newTokens).toEqual(greedy.newTokens);
    await model.close();
  });

  test("ends at a stop token and where the context is full, and says which", async () => {
    const model = await load("zoo:attn-2l");
    const { newTokens, finish } = await generate(model, PROMPT, { stopTokens: [21] });
    expect([newTokens, finish]).toEqual([[33, 21], "stop"]);
    const { contextLength } = model.architecture;
    const all = await generate(model, PROMPT, { maxNewTokens: 1000, stopTokens: [] });
    expect([all.tokens.length, all.finish]).toEqual([contextLength, "context"]);
    await model.close();
  });

  test("refuses prompts and options that cannot be, and names the option", async () => {
    const model = await load("zoo:attn-2l");
    const { contextLength } = model.architecture;
    const full = Array.from({ length: contextLength }, () => 1);
    await expect(generate(model, full)).rejects.toThrow(/leaves no room/);
    await expect(generate(model, [])).rejects.toMatchObject({ code: "tokens" });
    await expect(generate(model, [99999])).rejects.toMatchObject({ code: "tokens" });
    await expect(generate(model, "text")).rejects.toMatchObject({ code: "tokenizer" });
    for (const [option, value] of [
      ["temperature", -1],
      ["maxNewTokens", 0],
      ["topK", 0.5],
    ] as const)
      await expect(generate(model, PROMPT, { [option]: value })).rejects.toMatchObject({
        code: "range",
        option,
      });
    const signal = AbortSignal.abort("enough");
    await expect(generate(model, PROMPT, { signal })).rejects.toMatchObject({
      name: "AbortError",
      cause: "enough",
    });
    await model.close();
  });

  test.skipIf(smol.skip)(`continues a text with a tokenizer's words${smol.note}`, async () => {
    const model = await load(shared(...SMOL)!);
    const pieces: string[] = [];
    const onToken = (_: number, piece: string) => pieces.push(piece);
    const prompt = "one two three four one two three";
    const { text, newTokens } = await generate(model, prompt, { maxNewTokens: 2, onToken });
    expect([pieces.join(""), text]).toEqual([text, expect.stringMatching(/^ four/)]);
    const { tokens } = await runWithCache(model, prompt, { names: [] });
    expect((await generate(model, tokens[0]!, { maxNewTokens: 2 })).newTokens).toEqual(newTokens);
    await model.close();
  });
});

describe("runWithCache(model, prompt, options)", () => {
  test("gives logits and every hook of the model, with named axes", async () => {
    const model = await load("zoo:attn-2l");
    const { logits, cache, tokens } = await runWithCache(model, [PROMPT, PROMPT.toReversed()]);
    expect(tokens).toEqual([PROMPT, PROMPT.toReversed()]);
    expect([logits!.axes, logits!.shape.slice(0, 2)]).toEqual([
      ["batch", "position", "d_vocab"],
      [2, 8],
    ]);
    expect(cache.names).toEqual(matchValues(model.program, ["*"]));
    const { axes, shape, data } = cache.get("blocks.1.attn.hook_pattern");
    expect([axes, shape]).toEqual([
      ["batch", "head", "query", "key"],
      [2, 4, 8, 8],
    ]);
    const rows = Array.from({ length: data.length / 8 }, (_, row) =>
      data.subarray(row * 8, row * 8 + 8),
    );
    for (const row of rows) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect([...cache].map(([name]) => name)).toEqual(cache.names);
    await model.close();
  });

  test("keeps what globs name, and says which names are near for others", async () => {
    const model = await load("zoo:attn-2l");
    const { cache } = await runWithCache(model, PROMPT, { names: "blocks.*.attn.hook_z" });
    expect(cache.names).toEqual(["blocks.0.attn.hook_z", "blocks.1.attn.hook_z"]);
    expect(cache.has("logits")).toBe(false);
    expect(() => cache.get("blocks.1.attn.hook_q")).toThrow(
      /no value blocks.1.attn.hook_q; near: /,
    );
    await expect(runWithCache(model, PROMPT, { names: "blocks.7.*" })).rejects.toMatchObject({
      code: "unknown-value",
    });
    await expect(runWithCache(model, [[1, 2], [3]])).rejects.toMatchObject({ code: "tokens" });
    await model.close();
  });

  test("runs the model as edits make it", async () => {
    const model = await load("zoo:attn-2l");
    const edits = [(program: typeof model.program) => ablateHeads(program, ["1.2"])];
    const { cache } = await runWithCache(model, PROMPT, { names: "blocks.1.attn.hook_z", edits });
    const { shape, data } = cache.get("blocks.1.attn.hook_z");
    const [, , heads, dHead] = shape as readonly [number, number, number, number];
    const ofHead = (head: number) =>
      data.filter((_, index) => Math.floor(index / dHead) % heads === head);
    expect(ofHead(2).every((value) => value === 0)).toBe(true);
    expect(ofHead(1).every((value) => value === 0)).toBe(false);
    await model.close();
  });
});
