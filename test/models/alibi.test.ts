/** @file ALiBi in TransformerLens' layout against its formula: without queries, a pattern is softmax over keys of slope (key - query). */
import { expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import { capture } from "../../src/graph/edits/capture.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { initialWeights, modelOf } from "../../src/training/freshModel.ts";
import type { ModelShape } from "../../src/training/modelShape.ts";
import { backends } from "../runtime/backends.ts";

const LENGTH = 6;
const SHAPE: ModelShape = {
  ...{ vocabulary: 12, contextLength: LENGTH, layers: 1, heads: 3, dModel: 12 },
  positions: "alibi",
};
/** Of three heads: 2^-4 and 2^-8, those of two, then the first of four, 2^-2. */
const SLOPES = [1 / 16, 1 / 256, 1 / 4];

const weights = initialWeights(SHAPE, 1);
weights.get("blocks.0.attn.W_Q")!.fill(0);

for (const engine of await backends())
  test(`each head looks back by its own slope, on ${engine.device}`, async () => {
    const { program, architecture } = modelOf(SHAPE, weights);
    expect(architecture.positions).toBe("alibi");
    expect([...weights.keys()]).not.toContain("pos_embed.W_pos");
    const hook = "blocks.0.attn.hook_pattern";
    const session = await prepare(capture(program, [hook]), engine);
    const ids = Int32Array.from({ length: LENGTH }, (_, id) => id);
    const trace = await session.run(
      new Map([["tokens", tensor(["batch", "position"], [1, LENGTH], ids)]]),
    );
    await session.close();
    const pattern = trace.get(hook)!.data;
    SLOPES.forEach((slope, head) => {
      for (let query = 0; query < LENGTH; query++) {
        const bias = (key: number) => (key > query ? 0 : Math.exp(slope * (key - query)));
        const total = ids.reduce((sum, key) => sum + bias(key), 0);
        ids.forEach((key) => {
          const got = pattern[(head * LENGTH + query) * LENGTH + key];
          expect(got).toBeCloseTo(bias(key) / total, 6);
        });
      }
    });
  });
