/** @file Unembeddings: tied, of their own, both with other numbers, and none at all. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StoredTensor } from "../../src/base/bytes.ts";
import { fileSource } from "../../src/formats/file.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { modelFrom } from "../../src/models/families.ts";
import type { UnembeddingChoice } from "../../src/models/family.ts";
import { withHead } from "../../src/models/tiedHead.ts";
import type { CheckpointTensors } from "../../src/models/checkpointTensors.ts";

import { shared, sharedJson, unlessShared } from "../shared.ts";
import { golden, inMemory, renamed, valuesOf, withTensor, type Config } from "./golden.ts";

const open = (config: Config, checkpoint: CheckpointTensors, choice?: UnembeddingChoice) =>
  withHead((head) => modelFrom(config, checkpoint, "hugging_face", { head }), choice);

/** A golden of a model that reads more than tokens. */
async function checkpointOf(family: string) {
  const file = await fileSource(join(shared("goldens")!, family, "model.safetensors"));
  const config = sharedJson("goldens", family, "config.json") as Config;
  return { config, checkpoint: await readSafetensors(file) };
}

async function copyOf({ source, offset, sizeBytes, ...tensor }: StoredTensor) {
  const bytes = await source.read(offset, sizeBytes);
  const copy = {
    ...source,
    read: (from: number, length: number) => Promise.resolve(bytes.slice(from, from + length)),
  };
  return { ...tensor, source: copy, offset: 0, sizeBytes };
}

const { skip, note } = unlessShared("goldens");
describe.skipIf(skip)(`unembeddings${note}`, () => {
  test("one in the files that is the embedding, byte for byte, changes nothing", async () => {
    const { config, checkpoint } = await golden("gpt2");
    const embedding = checkpoint.weights.get("transformer.wte.weight")!;
    const model = await open(
      config,
      withTensor(checkpoint, "lm_head.weight", await copyOf(embedding)),
    );
    expect(model.architecture.head).toBe("tied");
    expect(model.notices).toBeUndefined();
  });

  const other = inMemory([97, 32], (index) => Math.sin(index));
  for (const [choice, head, used] of [
    [undefined, "own", "the one in the files"],
    ["file", "own", "the one in the files"],
    ["tied", "tied", "the embedding"],
  ] as const) {
    test(`one with other numbers, with head ${choice ?? "left out"}: ${used} is used, and a notice says so`, async () => {
      const { config, checkpoint } = await golden("gpt2");
      const model = await open(config, withTensor(checkpoint, "lm_head.weight", other), choice);
      expect(model.architecture.head).toBe(head);
      expect(model.notices).toHaveLength(1);
      expect(model.notices![0]).toContain(`with other numbers; ${used} is used`);
      const names = model.program.weights.map(({ name }) => name);
      expect(names.includes("unembed.W_U")).toBe(head === "own");
    });
  }

  test("a file without one opens: scores and patterns are there, and logits say why they are not", async () => {
    const { config, checkpoint, tokens } = await golden("llama");
    const headless = renamed(checkpoint, (name) => (name === "lm_head.weight" ? null : name));
    const model = await open(config, headless);
    expect(model.architecture.head).toBe("none");
    const pattern = "blocks.2.attn.hook_pattern";
    const [got, want] = await Promise.all(
      [model, modelFrom(config, checkpoint)].map((program) => valuesOf(program, tokens, [pattern])),
    );
    expect(got!.get(pattern)).toEqual(want!.get(pattern));
    const ask = () => slice(model.program, { outputs: ["logits"] });
    expect(ask).toThrow(/this model has no logits: its files have no unembedding/);
  });

  test.each(["bart", "t5"])("of the decoder of %s are chosen and told alike", async (family) => {
    const { config, checkpoint } = await checkpointOf(family);
    const both = withTensor(checkpoint, "lm_head.weight", other);
    const names = async (choice?: UnembeddingChoice) => {
      const { program, notices } = await open(config, both, choice);
      return [program.weights.some(({ name }) => name === "unembed.W_U"), notices?.length];
    };
    expect(await names()).toEqual([true, 1]);
    expect(await names("tied")).toEqual([false, 1]);
    const headless = renamed(checkpoint, (name) => (/lm_head\.weight$/.test(name) ? null : name));
    const untied = await open({ ...config, tie_word_embeddings: false }, headless);
    expect(untied.notices).toEqual([
      "the files have no unembedding (lm_head.weight) and the configuration does not tie one; the embedding is used",
    ]);
  });

  test("an embedding that is there only as the unembedding serves as both", async () => {
    const { config, checkpoint, tokens } = await golden("qwen2");
    const swapped = renamed(checkpoint, (name) =>
      name === "model.embed_tokens.weight" ? "lm_head.weight" : name,
    );
    const [got, want] = await Promise.all(
      [swapped, checkpoint].map((weights) =>
        valuesOf(modelFrom(config, weights), tokens, ["logits"]),
      ),
    );
    expect(got!.get("logits")).toEqual(want!.get("logits"));
  });
});
