/** @file What of Llama 4 its golden does not show: the text model of the whole, layers by default, settings that do not fit. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelFrom } from "../../src/models/families.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { feedsOf, type ModelInputs } from "../../src/inputs/modelInputs.ts";
import type { Model } from "../../src/models/family.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { backends } from "../runtime/backends.ts";
import { goldenAt, inMemory, renamed } from "./golden.ts";

const engine = (await backends())[0]!;

const { config, checkpoint } = await goldenAt(
  join(import.meta.dirname, "../fixtures/families/llama4_text"),
);
const read = (changes: object) => modelFrom({ ...config, ...changes }, checkpoint);
/** Stacks [expert, in, out] as matrices [out, in] of each expert; the first has gates and then inputs. */
async function oneByOne({ weights, ...rest }: typeof checkpoint): Promise<typeof checkpoint> {
  const entries = await Promise.all(
    [...weights].map(async ([name, stored]) => {
      const [, at, stack] = /^(.*experts)\.(gate_up_proj|down_proj)$/.exec(name) ?? [];
      if (at === undefined) return [[name, stored] as const];
      const [experts, ins, outs] = stored.shape as [number, number, number];
      const values = await readTensor(stored);
      const modules = stack === "down_proj" ? ["down_proj"] : ["gate_proj", "up_proj"];
      const width = outs / modules.length;
      return Array.from({ length: experts }, (_, expert) =>
        modules.map((module, part) => {
          const value = (index: number) => {
            const [out, entry] = [Math.floor(index / ins), index % ins];
            return values[(expert * ins + entry) * outs + part * width + out]!;
          };
          return [`${at}.${expert}.${module}.weight`, inMemory([width, ins], value)] as const;
        }),
      ).flat();
    }),
  );
  return { ...rest, weights: new Map(entries.flat()) };
}

async function logitsOf({ program }: Model, inputs: ModelInputs): Promise<Float32Array> {
  const session = await prepare(slice(program, { outputs: ["logits"] }), engine);
  const { data } = (await session.run(feedsOf(session.program, inputs))).get("logits")!;
  await session.close();
  return data as Float32Array;
}

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

  test("is the same model where its experts are stored one by one, as some quantisers write them", async () => {
    const single = await oneByOne(checkpoint);
    const [whole, each] = [read({}), modelFrom(config, single)];
    expect(each.architecture).toEqual(whole.architecture);
    const tokens = { tokens: [[1, 5, 9, 2, 5, 9]] };
    const [want, got] = await Promise.all([whole, each].map((model) => logitsOf(model, tokens)));
    got!.forEach((value, at) => expect(value).toBeCloseTo(want![at]!, 6));
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
