import { describe, expect, test } from "vitest";
import { tensor, type Tensor } from "../../../src/base/tensor.ts";
import { imageRows } from "../../../src/inputs/imageRows.ts";
import { stackRows } from "../../../src/inputs/stackRows.ts";
import { contract } from "../../../src/measure/contract.ts";
import { mean } from "../../../src/measure/mean.ts";
import { crossTables, selfTables, type Direction } from "../../../src/measure/stackScores.ts";
import { slice } from "../../../src/graph/edits/slice.ts";
import { openFolder } from "../../../src/models/folder.ts";
import { openPlanted } from "../../../src/models/planted/planted.ts";
import { prepare } from "../../../src/runtime/prepare.ts";
import { canRun } from "../../../src/studies/common/canRun.ts";
import { check } from "../../../src/studies/check/check.ts";
import { compare } from "../../../src/studies/compare/compare.ts";
import { scoreStacks } from "../../../src/studies/stacks/scoreStacks.ts";
import { toText } from "../../../src/studies/views.ts";
import { asCommand } from "./asCommand.ts";
import { oneEngine } from "../../interventions/engine.ts";
import { shared, unlessShared } from "../../shared.ts";

const backend = await oneEngine();
const options = { backend, numExamples: 12, seqLen: 16 };

const { note, skip } = unlessShared("goldens");
const open = (name: string) => openFolder(shared("goldens", name)!, name);

describe.skipIf(skip)(`scores of stacks${note}`, () => {
  test.each([
    "bert",
    "roberta",
    "distilbert",
    "modernbert",
    "t5",
    "t5-v1_1",
    "bart",
    "marian",
    "vit",
    "dinov2",
    "clip",
  ])("of %s are those of the patterns that a run gives on the same rows", async (name) => {
    const model = await open(name);
    const request = /vit|dino/.test(name) ? { backend, numExamples: 12 } : options;
    const rows = stackRows(model.program, model.architecture, request);
    const { parts } = await scoreStacks(model, request);
    expect(parts.length).toBe(/bart|marian|t5/.test(name) ? 4 : name === "clip" ? 3 : 2);
    for (const { direction, stack, values, scores } of parts) {
      const isCross = direction === "across";
      const tables = isCross
        ? crossTables(rows.across!.crossing)
        : selfTables(
            rows.repeats.get(inputOf(stack, rows.repeats))!,
            direction as Exclude<Direction, "across">,
          );
      const layers = scores[0]!.values.length;
      const names = Array.from({ length: layers }, (_, layer) =>
        values.replace("L", String(layer)),
      );
      const session = await prepare(slice(model.program, { outputs: names }), backend);
      const feeds = [...(isCross ? rows.across!.copied : rows.self)];
      const trace = await session.run(
        new Map(
          feeds.filter(([entry]) => session.program.inputs.some((input) => input.name === entry)),
        ),
      );
      await session.close();
      names.forEach((pattern, layer) => {
        const perExample = byExample(trace.get(pattern)!).map(
          (example) => contract(example, tables).data,
        );
        const heads = scores[0]!.values[layer]!.length;
        scores.forEach(({ values: got }, measure) =>
          got[layer]!.forEach((value, head) =>
            expect(value).toBeCloseTo(
              mean(perExample.map((entry) => entry[measure * heads + head]!)),
              6,
            ),
          ),
        );
      });
    }
    await model.close();
  });

  test("a random T5 scores its null across, and copies nothing", async () => {
    const model = await open("t5");
    const { parts, loss } = await scoreStacks(model, { backend, numExamples: 60 });
    const [alignment] = parts.find(({ direction }) => direction === "across")!.scores;
    const all = alignment!.values.flat();
    expect(Math.abs(mean(all) - alignment!.uniform[0]!)).toBeLessThan(0.005);
    for (const value of all) expect(value).toBeLessThan(0.06);
    const [low, high] = loss!.gain.interval!;
    expect(low).toBeLessThan(0.05);
    expect(high).toBeGreaterThan(-0.05);
    await model.close();
  });

  test("the decoder of Whisper is scored beside noise, and the text of CLIP by itself", async () => {
    const whisper = await open("whisper");
    const heard = await scoreStacks(whisper, options);
    expect(heard.parts.map(({ stack, direction }) => `${stack} ${direction}`)).toEqual([
      "decoder causal",
    ]);
    expect(heard.warnings.join()).toContain("the encoder hears noise");
    const clip = await open("clip");
    const { parts } = await scoreStacks(clip, options);
    expect(parts.map(({ stack, direction }) => `${stack} ${direction}`)).toEqual([
      "vision back",
      "vision ahead",
      "text causal",
    ]);
    await Promise.all([whisper.close(), clip.close()]);
  });

  test("what a model or an option does not allow is refused in one sentence", async () => {
    const vit = await open("vit");
    await expect(asCommand("score", vit, options)).rejects.toThrow(
      "`seqLen` is for rows of tokens, and this model sees images",
    );
    await expect(scoreStacks(vit, { backend, numExamples: 0.5 })).rejects.toThrow(
      "`numExamples` needs a whole number from 1 on, got 0.5",
    );
    await expect(scoreStacks(vit, { backend, numExamples: 1e6 })).rejects.toThrow(
      "at most 536870912 numbers of noise are drawn at once, got 1000000 rows (`numExamples`) of 768",
    );
    const bert = await open("bert");
    await expect(asCommand("score", bert, { ...options, precision: 0.1 })).rejects.toThrow(
      "`precision` needs a decoder, and this model sees both directions",
    );
    await expect(scoreStacks(bert, { ...options, lossExamples: 2 })).rejects.toThrow(
      "`lossExamples` needs a copy to be written",
    );
    await expect(scoreStacks(bert, { backend, seqLen: 80 })).rejects.toThrow(
      "two copies of 40 tokens do not fit: the context of 64 tokens has room for 2 x 32",
    );
    for (const refused of [
      () => compare([bert, bert], { backend }),
      () => check(bert, { backend, rules: ["copyGain >= 1"] }),
    ])
      await expect(refused()).rejects.toThrow("cannot run: this model is an encoder");
    await expect(scoreStacks(bert, { ...options, bos: "on" })).rejects.toThrow(
      "`bos` on needs a model",
    );
    await Promise.all([vit.close(), bert.close()]);
  });

  test("images whose halves are alike have a control in which nothing repeats", async () => {
    const model = await open("vit");
    const rows = imageRows(model.architecture.image!, 12, 0);
    const half = (from: number) => [...rows.repeated.data.subarray(from, from + 8 * 16)];
    expect(half(0)).toEqual(half(8 * 16)); // 16 x 16 pixels, 8 rows of them in each half
    expect([...rows.control.data.subarray(0, 8 * 16)]).toEqual(half(0));
    expect([...rows.control.data.subarray(8 * 16, 16 * 16)]).not.toEqual(half(0));
    const { parts, verdictInWords } = await scoreStacks(model, { backend, numExamples: 12 });
    const session = await prepare(
      slice(model.program, { outputs: ["blocks.0.attn.hook_pattern"] }),
      backend,
    );
    const trace = await session.run(new Map([["pixels", rows.control]]));
    await session.close();
    const tables = selfTables(rows.repeats, "back");
    const scores = byExample(trace.get("blocks.0.attn.hook_pattern")!).map(
      (example) => contract(example, tables).data,
    );
    parts[0]!.scores[0]!.control![0]!.forEach((value, head) =>
      expect(value).toBeCloseTo(mean(scores.map((entry) => entry[head]!)), 6),
    );
    expect(parts[0]!.scores[0]!.key).toBe("the patch after the other copy of the current patch");
    expect(verdictInWords).toContain("where no patch repeats");
    await model.close();
  });

  test("layers that see a few tokens to each side have their own null and a warning", async () => {
    const model = await open("modernbert");
    const { parts, warnings } = await scoreStacks(model, { backend, numExamples: 10 });
    const [induction] = parts[0]!.scores;
    expect(induction!.uniform[0]).toBeCloseTo(1 / 63, 7);
    expect(induction!.uniform[1]).toBe(0);
    expect(induction!.values[1]).toEqual([0, 0, 0, 0]);
    expect(warnings.join()).toMatch(/layers 1, 2 see 4 tokens/);
    expect(await toText(await scoreStacks(model, options))).toContain("Attention by direction");
    await model.close();
  });
});

test("a T5 that copies by content scores 1 where its heads are planted, and its null elsewhere", async () => {
  const model = await openPlanted("t5");
  const { parts, loss, top, verdictInWords } = await scoreStacks(model, {
    backend,
    numExamples: 10,
  });
  const at = (direction: Direction, name: string) => {
    const { values, uniform } = parts
      .find((part) => part.direction === direction)!
      .scores.find((score) => score.name === name)!;
    return { values, uniform: uniform[0]! };
  };
  const across = at("across", "alignment");
  expect(across.values[0]![0]).toBeGreaterThan(0.98);
  expect(across.values[0]![1]).toBeCloseTo(across.uniform, 6);
  for (const name of ["currentToken", "previousToken", "lastToken"])
    expect(at("across", name).values[0]![0]).toBeLessThan(0.01);
  for (const direction of ["back", "ahead"] as const) {
    expect(at(direction, "induction").values[1]![1]).toBeGreaterThan(0.98);
    expect(at(direction, "previousToken").values[0]![0]).toBeGreaterThan(0.98);
    expect(at(direction, "mirrored").values[1]![1]).toBeLessThan(0.01);
  }
  expect(at("causal", "induction").values[0]![0]).toBeCloseTo(at("causal", "induction").uniform, 6);
  expect(loss!.copied.mean).toBeLessThan(0.3); // the first token has nothing to be found by
  expect(loss!.gain.mean).toBeGreaterThan(4);
  expect(top[0]).toMatchObject({ part: 0, layer: 1, head: 1 });
  expect(verdictInWords).toContain("attends to the token that is to be written next");
});

test("a decoder has no scores of stacks", async () => {
  const model = await openPlanted("induction");
  expect(canRun("score-stacks", model)).toContain("this model is a decoder");
  await expect(scoreStacks(model, options)).rejects.toThrow(
    "scoreStacks cannot run: this model is a decoder",
  );
  expect(await asCommand("score", model, options)).toMatchObject({
    schema: "induction-lens/score@1",
  });
});

function inputOf(stack: string, repeats: ReadonlyMap<string, unknown>): string {
  if (stack === "vision") return "pixels";
  return stack === "encoder" || stack === "decoder"
    ? stack
    : repeats.has("tokens")
      ? "tokens"
      : "pixels";
}

/** Axes [head, query, key] of each example. */
function byExample({ shape, data }: Tensor): Tensor[] {
  const [examples, heads, queries, keys] = shape as [number, number, number, number];
  const size = heads * queries * keys;
  return Array.from({ length: examples }, (_, example) =>
    tensor(
      ["head", "query", "key"],
      [heads, queries, keys],
      data.slice(example * size, (example + 1) * size),
    ),
  );
}
