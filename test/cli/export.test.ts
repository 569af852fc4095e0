/** @file Exports of trained models: what others read, the same logits, and refusals with reasons. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModel } from "../../src/models/open.ts";
import { cli, emptyFolder, pathsIn } from "./cli.ts";

const GPT =
  "--layers 2 --heads 2 --width 16 --mlp 64 --context 16 --positions learned --batch 4 --steps 8 --checkpoints 8 --learning-rate .02 --warm-up 1 --quiet".split(
    " ",
  );
const CHECKPOINT = "run/checkpoints/step-000008";

async function trained(...more: string[]): Promise<string> {
  const folder = emptyFolder();
  writeFileSync(join(folder, "a.txt"), "to be, or not to be: that is the question\n".repeat(20));
  const { code, stderr } = await cli(folder, ["train", "run", "--text", "a.txt", ...GPT, ...more]);
  expect([code, stderr]).toEqual([0, ""]);
  return folder;
}

describe("export MODEL OUT", () => {
  test.each([
    ["gpt2", [], ["config.json", "model.safetensors", "tokenizer.json"]],
    [
      "gpt2",
      ["--tied", "--activation", "relu"],
      ["config.json", "model.safetensors", "tokenizer.json"],
    ],
    ["nanogpt", ["--tied", "--activation", "gelu", "--biases", "none"], ["ckpt.pt", "meta.pkl"]],
    ["nanogpt", ["--tied", "--activation", "gelu"], ["ckpt.pt", "meta.pkl"]],
    ["transformer_lens", ["--norm", "RMS"], ["config.json", "model.safetensors", "tokenizer.json"]],
  ])("to %s of a model trained with %j gives %j and the same logits", async (to, more, files) => {
    const folder = await trained(...more);
    const { code, stdout } = await cli(folder, ["export", CHECKPOINT, "out", "--to", to]);
    expect([code, pathsIn(join(folder, "out"))]).toEqual([0, files]);
    expect(Number(/differ by at most (\S+)/.exec(stdout)![1])).toBeLessThan(1e-5);
    const model = await openModel(join(folder, "out"));
    const tokenizer = (await model.tokenizer())!;
    await model.close();
    expect(tokenizer.decode(tokenizer.encode("that is:\n"))).toBe("that is:\n");
  });

  test("takes the last checkpoint of the folder of a run", async () => {
    const folder = await trained();
    const ended = await cli(folder, ["export", "run", "out", "--to", "gpt2"]);
    expect(ended.stderr).toContain("its last checkpoint is run/checkpoints/step-000008");
    expect([ended.code, pathsIn(join(folder, "out"))]).toEqual([
      0,
      ["config.json", "model.safetensors", "tokenizer.json"],
    ]);
  });

  test("refuses what the format has no place for, with every reason, and leaves nothing", async () => {
    const folder = await trained();
    const run = await cli(folder, ["export", CHECKPOINT, "out", "--to", "nanogpt"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(
      "nanogpt has no place for this model: the activation is gelu_new, not gelu; the unembedding is not the embedding",
    );
    const zoo = await cli(folder, ["export", "zoo:attn-2l", "out", "--to", "gpt2"]);
    expect([zoo.code, zoo.stderr]).toEqual([
      2,
      expect.stringContaining("it has no MLPs; positions are rotary, not learned"),
    ]);
    expect(pathsIn(folder).filter((path) => path.startsWith("out"))).toEqual([]);
    const there = await cli(folder, ["export", CHECKPOINT, "run", "--to", "gpt2"]);
    expect([there.code, there.stderr]).toEqual([
      2,
      expect.stringContaining("run is there already"),
    ]);
  });
});
