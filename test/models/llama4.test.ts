/** @file What of Llama 4 its golden does not show: the text model of the whole, layers by default, settings that do not fit. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelFrom } from "../../src/models/families.ts";
import { goldenAt, renamed } from "./golden.ts";

const { config, checkpoint } = await goldenAt(
  join(import.meta.dirname, "../fixtures/families/llama4_text"),
);
const read = (changes: object) => modelFrom({ ...config, ...changes }, checkpoint);
const DEFAULTS = { layer_types: null, no_rope_layers: null, no_rope_layer_interval: 3 };

describe("llama4", () => {
  test("as the whole model saves it, below language_model, is its text model, and a notice says so", () => {
    const below = renamed(checkpoint, (name) => `language_model.${name}`);
    const whole = modelFrom({ model_type: "llama4", text_config: config }, below);
    expect(whole.program.ops).toEqual(read({}).program.ops);
    expect(whole.notices).toContain(
      "the files hold a llama4 model; its text model (llama4_text) is used, and what sees or hears is left aside",
    );
  });

  test("turns and cuts into chunks all layers but every n-th", () => {
    for (const no_rope_layers of [null, []]) {
      const { architecture } = read({ ...DEFAULTS, no_rope_layers });
      expect(architecture.rotaryLayers).toEqual([0, 1]);
      expect(architecture.chunks).toEqual([5, 5, null]);
    }
    expect(read({ ...DEFAULTS, attention_chunk_size: null }).architecture.chunks).toEqual([
      ...[null, null, null],
    ]);
  });

  test("has experts where moe_layers says, else in every n-th layer", () => {
    expect(read({}).architecture.experts?.layers).toEqual([1, 2]);
    expect(() => read({ moe_layers: null, interleave_moe_layer_step: 2 })).toThrow(
      /layers\.2\.feed_forward\.gate_proj/,
    );
  });

  test.each([
    [{ no_rope_layers: [1] }, "no_rope_layers needs 3 entries, got 1"],
    [{ layer_types: ["full_attention"] }, "layer_types needs 3 entries, got 1"],
    [
      { attention_chunk_size: null },
      "layer_types has chunked_attention, but attention_chunk_size is not set",
    ],
    [{ num_experts_per_tok: 5 }, "num_experts_per_tok must be at most num_local_experts 4, got 5"],
    [{ attention_chunk_size: 0 }, /attention_chunk_size/],
  ])("%j is refused", (changes, message) => {
    expect(() => read(changes)).toThrow(message);
  });
});
