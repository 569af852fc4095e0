/**
 * @file The recipe "To add a family" of CONTRIBUTING.md, followed once: the row toyFamily.ts gives a model that is right, says
 * what it does not know, and can be asked for every study, without a change anywhere else.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canRun } from "../../src/studies/common/canRun.ts";
import { goldenAt, renamed, valuesOf } from "../models/golden.ts";
import { readAll } from "../shared.ts";
import { toy } from "./toyFamily.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/families/arcee");
const { config, checkpoint, tokens } = await goldenAt(FOLDER);
const { num_hidden_layers: num_layers, attention_bias: _, ...others } = config;
const own = { ...others, model_type: "toy", num_layers };
const tensors = renamed(checkpoint, (name) =>
  name.replace("mlp.up_proj", "ffn.up").replace("mlp.down_proj", "ffn.down"),
);

describe("a family that is one row", () => {
  test("computes what the reference computes", async () => {
    const { logits } = Object.fromEntries(await readAll(join(FOLDER, "expected.safetensors")));
    const values = (await valuesOf(toy(own, tensors), tokens, ["logits"])).get("logits")!;
    expect(values.shape).toEqual(logits!.shape);
    logits!.data.forEach((value, index) => expect(values.data[index]).toBeCloseTo(value, 4));
  });

  test("has an anatomy, so that studies say by themselves whether they can run", () => {
    const model = toy(own, tensors);
    for (const study of ["score", "verdict", "why", "path", "lens"] as const)
      expect(canRun(study, model)).toBeNull();
  });

  test("refuses tensors of another shape and keys that it does not have, by name", () => {
    expect(() => toy({ ...own, hidden_size: 20 }, tensors)).toThrow(/embed_tokens/);
    expect(() => toy({ ...own, head_scale: 3 }, tensors)).toThrow("head_scale = 3 is not known");
  });
});
