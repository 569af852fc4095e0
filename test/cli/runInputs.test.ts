/** @file `run --inputs`: the same values as the library, and one sentence for what cannot be run. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { load, runWithCache } from "../../src/index.ts";
import { readAll } from "../shared.ts";
import { cli, emptyFolder } from "./cli.ts";

const TOKENS = [
  [1, 2, 3, 1, 2, 3],
  [4, 5, 6, 4, 5, 6],
];
const PATTERN = "blocks.1.attn.hook_pattern";

function run(folder: string, inputs: unknown, more: readonly string[] = []) {
  writeFileSync(join(folder, "inputs.json"), JSON.stringify(inputs));
  const capture = ["--capture", `${PATTERN},logits`, "--out", "o.safetensors", ...more];
  return cli(folder, ["run", "zoo:attn-2l", "--inputs", "inputs.json", ...capture]);
}

describe("run MODEL --inputs FILE", () => {
  test("saves what the library gives for the same inputs", async () => {
    const folder = emptyFolder();
    const { code, stderr } = await run(folder, { tokens: TOKENS, period: 3, bos: false });
    expect([code, stderr]).toEqual([0, expect.stringContaining("o.safetensors")]);
    const saved = await readAll(join(folder, "o.safetensors"));
    const model = await load("zoo:attn-2l");
    const { cache, logits, tokens } = await runWithCache(
      model,
      { tokens: TOKENS },
      { names: PATTERN },
    );
    await model.close();
    expect(tokens).toEqual(TOKENS);
    for (const [name, value] of [
      [PATTERN, cache.get(PATTERN)],
      ["logits", logits!],
    ] as const) {
      expect(saved.get(name)!.shape).toEqual(value.shape);
      value.data.forEach((entry, at) => expect(saved.get(name)!.data[at]).toBeCloseTo(entry, 4));
    }
  });

  const refused: [string, unknown, string][] = [
    ["an input that no model reads", { tokns: TOKENS }, "did you mean tokens"],
    [
      "inputs of another kind of model",
      { encoder: TOKENS, decoder: TOKENS },
      "the model reads tokens, not encoder, decoder",
    ],
    ["nothing", {}, "the model reads tokens, got nothing: tokens is missing"],
    ["what is no rows", { tokens: [1, 2] }, "inputs.json needs rows of ids [[...]] in tokens"],
    ["an array", [1], "inputs.json needs {"],
    ["ids outside the vocabulary", { tokens: [[99_999]] }, "tokens need whole ids"],
    [
      "an array in no file",
      { pixels: { file: "a.npz" } },
      "pixels must be a .png or .jpg file, or lie in a .safetensors file, got a.npz",
    ],
    ["a file that is not there", { pixels: { file: "a.safetensors" } }, "a.safetensors"],
  ];
  test.each(refused)("refuses %s in one sentence", async (_, inputs, sentence) => {
    const { code, stderr, stdout } = await run(emptyFolder(), inputs);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  const MARIAN = join(import.meta.dirname, "../fixtures/beyond/marian");
  const pair: [string, unknown, string][] = [
    [
      "half of a pair",
      { decoder: TOKENS },
      "reads encoder and decoder, got decoder: encoder is missing",
    ],
    ["rows of one kind alone", { tokens: TOKENS }, "reads encoder and decoder, not tokens"],
    [
      "a pair of unequal sizes",
      { encoder: TOKENS, decoder: [[1]] },
      "encoder has 2 rows, decoder has 1",
    ],
    [
      "a text longer than the positions",
      { encoder: [Array(65).fill(1)], decoder: [[1]] },
      "the model has 64 positions, got rows of 65",
    ],
  ];
  test.each(pair)(
    "refuses %s of an encoder-decoder in one sentence",
    async (_, inputs, sentence) => {
      const folder = emptyFolder();
      writeFileSync(join(folder, "inputs.json"), JSON.stringify(inputs));
      const args = ["--inputs", "inputs.json", "--capture", "logits", "--out", "o.safetensors"];
      const { code, stderr } = await cli(folder, ["run", MARIAN, ...args]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    },
  );

  test("saves the cross attention of an encoder-decoder, and a lens of what comes next refuses it", async () => {
    const folder = emptyFolder();
    const inputs = join(MARIAN, "inputs.json");
    const capture = ["--capture", "*cross_attn.hook_pattern", "--out", "o.safetensors"];
    expect((await cli(folder, ["run", MARIAN, "--inputs", inputs, ...capture])).code).toBe(0);
    const saved = await readAll(join(folder, "o.safetensors"));
    const expected = await readAll(join(MARIAN, "expected.safetensors"));
    expect([...saved.keys()]).toHaveLength(2);
    for (const [name, { shape, data }] of saved) {
      expect(shape).toEqual(expected.get(name)!.shape);
      data.forEach((entry, at) => expect(entry).toBeCloseTo(expected.get(name)!.data[at]!, 5));
    }
    const { code, stderr } = await cli(folder, ["lens", MARIAN]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("lens cannot run")]);
  });

  test("refuses --tokens beside --inputs, and neither", async () => {
    const folder = emptyFolder();
    const both = await run(folder, { tokens: TOKENS }, ["--tokens", "inputs.json"]);
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining("one of --text, --tokens and --inputs"),
    ]);
  });
});
