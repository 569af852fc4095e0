/**
 * @file Configurations: what is refused by name, and 5,000 mutants of which none may crash. With EVERY_MUTANT=1 it is 20,000 for
 * each ten families, which takes minutes.
 */
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { isObject } from "../../src/base/isObject.ts";
import type { CheckpointTensors } from "../../src/models/checkpointTensors.ts";
import { KEYS_READ } from "../../src/models/config/keysRead.ts";
import { ROPE_PARAMETERS } from "../../src/models/config/rope.ts";
import { ROPE_KINDS } from "../../src/models/config/ropeKinds.ts";
import { modelFrom } from "../../src/models/families.ts";
import { shared, unlessShared } from "../shared.ts";
import { configuredAt, golden, modelFolders } from "./golden.ts";
import { usedMs } from "../usedMs.ts";

/** Of decoders, encoders, both, state-space models, and models that see or hear. */
const FOLDERS = [
  ...modelFolders(shared("goldens")),
  ...modelFolders(join(import.meta.dirname, "../fixtures/families")),
  ...modelFolders(join(import.meta.dirname, "../fixtures/beyond")),
];
const MOST_MS = 2000;

interface Change {
  readonly key: number;
  readonly value: unknown;
  readonly remove: boolean;
  readonly added: string | null;
  /** Whether an object in that place is changed inside, as the parts of models that see have configurations of their own. */
  readonly inside: boolean;
}

function mutated(config: Record<string, unknown>, change: Change): Record<string, unknown> {
  const names = Object.keys(config);
  const name = change.added ?? names[change.key % Math.max(1, names.length)] ?? "x";
  const { [name]: old, ...rest } = config;
  if (change.inside && isObject(old))
    return {
      ...config,
      [name]: mutated(old as Record<string, unknown>, { ...change, inside: false }),
    };
  return change.remove ? rest : { ...config, [name]: change.value };
}

/** Reads it or refuses it; milliseconds of the processor. */
function survives(config: Record<string, unknown>, checkpoint: CheckpointTensors): number {
  const started = usedMs();
  try {
    modelFrom(config, checkpoint);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return usedMs() - started;
}

/** Every configuration in which one number, of a part too, is another. */
function* withOneNumber(
  config: Record<string, unknown>,
  other: number,
): Generator<[string, Record<string, unknown>]> {
  for (const [key, value] of Object.entries(config)) {
    if (typeof value === "number") yield [key, { ...config, [key]: other }];
    if (!isObject(value)) continue;
    for (const [path, inner] of withOneNumber(value as Record<string, unknown>, other))
      yield [`${key}.${path}`, { ...config, [key]: inner }];
  }
}
const every = process.env["EVERY_MUTANT"] !== undefined;
const MUTANTS = every ? 20_000 : 5_000;
/** Goldens that are mutated together: all, or ten at a time. */
const GROUPS = Array.from({ length: every ? Math.ceil(FOLDERS.length / 10) : 1 }, (_, group) => {
  const paths = every ? FOLDERS.slice(10 * group, 10 * group + 10) : FOLDERS;
  return [every ? paths.map((path) => basename(path)).join(", ") : "all families", paths] as const;
});
const { skip, note } = unlessShared("goldens");

describe.skipIf(skip)(`configurations${note}`, () => {
  const REFUSED: readonly (readonly [
    golden: string,
    change: Record<string, unknown>,
    message: RegExp,
  ])[] = [
    [
      "llama",
      { rope_scaling: { rope_type: "yarn", factor: 2 } },
      /both rope_parameters and rope_scaling/,
    ],
    [
      "llama",
      { rope_parameters: { rope_type: "axial", rope_theta: 1e4, factor: 2 } },
      /rope type axial is not supported/,
    ],
    ["llama", { rope_theta: 5 }, /two values of rope_theta: 10000 and 5/],
    ["llama", { quantization_config: { bits: 4 } }, /quantization_config/],
    ["llama", { num_attention_heads: 3 }, /cannot share num_key_value_heads/],
    [
      "llama",
      { num_hidden_layers: 1e9 },
      /num_hidden_layers is 1000000000, but the weight files have only 30 tensors/,
    ],
    ["llama", { head_dim: 1e9 }, /rotary embeddings need an even number of entries up to 65536/],
    ["llama", { num_hidden_layers: 4 }, /model.layers.3.self_attn.q_proj.weight is missing/],
    [
      "llama",
      { num_hidden_layers: 2 },
      /model.layers.2.input_layernorm.weight has no place.*and 6 more/,
    ],
    ["llama", { intermediate_size: 50 }, /gate_proj.weight should be 50 x 32, is 48 x 32/],
    ["llama", { tie_word_embeddings: "yes" }, /tie_word_embeddings/],
    ["llama", { hidden_act: "prelu" }, /hidden_act/],
    [
      "bloom",
      { slow_but_exact: true, pretraining_tp: 4 },
      /slow_but_exact = true with pretraining_tp 4 is not supported/,
    ],
    ["tl-full", { some_new_trick: 1 }, /some_new_trick = 1 is not known/],
    ["gpt2", { add_cross_attention: true }, /add_cross_attention = true is not supported/],
    ["gpt2", { n_head: 5 }, /n_embd 32 cannot be divided among 5 heads/],
    ["gpt2", { n_layer: "3" }, /n_layer/],
    ["mistral", { sliding_window: 0 }, /sliding_window/],
    ["qwen2", { use_sliding_window: true }, /use_sliding_window needs sliding_window/],
    ["qwen2", { layer_types: ["full_attention"] }, /layer_types needs 2 entries, got 1/],
    ["neox", { model_type: "gpt_nox" }, /"gpt_nox" is not supported, did you mean gpt_neox/],
    ["neox", { model_type: "rwkv" }, /"rwkv" is not supported \(supported: gpt2, gpt_neox/],
    ["neox", { model_type: "__proto__" }, /is not supported/],
    [
      "tl-full",
      { positional_embedding_type: "relative_positional_bias" },
      /positional_embedding_type/,
    ],
    ["tl-full", { gated_mlp: true }, /gated_mlp = true is not supported/],
    ["tl-full", { act_fn: "solu_ln" }, /act_fn/],
    ["tl-full", { format: "other" }, /format other is not known/],
    ["tl-attn2l", { attn_only: false }, /mlp.W_in is missing/],
    ["bart", { decoder_layers: 1e9 }, /decoder_layers is 1000000000, but the weight files have/],
    [
      "llava",
      { text_config: { model_type: "llama", num_hidden_layers: 1e9 } },
      /num_hidden_layers/,
    ],
  ];
  for (const [name, change, message] of REFUSED) {
    test(`${name} with ${JSON.stringify(change)} is refused by name`, async () => {
      const { config, checkpoint } = await configuredAt(shared("goldens", name)!);
      expect(() => modelFrom({ ...config, ...change }, checkpoint)).toThrow(InputError);
      expect(() => modelFrom({ ...config, ...change }, checkpoint)).toThrow(message);
    });
  }

  test("all mismatches are listed at once", async () => {
    const { config, checkpoint } = await golden("llama");
    const weights = new Map(checkpoint.weights);
    weights.delete("model.norm.weight");
    weights.set("extra.weight", weights.get("lm_head.weight")!);
    expect(() =>
      modelFrom({ ...config, intermediate_size: 50 }, { ...checkpoint, weights }),
    ).toThrow(
      /gate_proj.weight should be 50 x 32.*model.norm.weight is missing.*extra.weight has no place/s,
    );
  });

  test.for(GROUPS)(
    `${MUTANTS.toLocaleString("en")} mutants of %s are read or refused with an InputError, none takes 2 s of the processor`,
    { timeout: 3_600_000, tags: ["slow"] },
    async ([, paths]) => {
      const all = await Promise.all(paths.map(configuredAt));
      const odd = fc.oneof(
        fc.constantFrom(
          0,
          -1,
          1,
          2,
          3,
          1e9,
          2 ** 53,
          0.5,
          NaN,
          Infinity,
          null,
          true,
          false,
          "",
          "x",
          [],
          {},
          [1],
          { rope_type: "linear" },
          { toString: 1, toJSON: 1, valueOf: 1 },
          "__proto__",
        ),
        fc.integer(),
        fc.double(),
        fc.string(),
      );
      const keys = [
        ...new Set(Object.values(KEYS_READ).flatMap(({ reads }) => Object.keys(reads))),
      ];
      const ropes = fc.record(
        {
          rope_type: fc.constantFrom(...Object.keys(ROPE_KINDS), "su", "axial"),
          ...Object.fromEntries(ROPE_PARAMETERS.slice(2).map((key) => [key, odd])),
        },
        { requiredKeys: ["rope_type"] },
      );
      const change = fc.record({
        which: fc.nat(all.length - 1),
        key: fc.nat(60),
        value: fc.oneof({ weight: 3, arbitrary: odd }, ropes),
        remove: fc.boolean(),
        inside: fc.boolean(),
        added: fc.option(
          fc.oneof(fc.string(), fc.constantFrom(...keys, "rope_scaling", "auto_map")),
        ),
      });
      let slowestMs = 0;
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const { config, checkpoint } = all[changes[0]!.which]!;
          const mutant = changes.reduce<Record<string, unknown>>(mutated, config);
          slowestMs = Math.max(slowestMs, survives(mutant, checkpoint));
        }),
        { numRuns: MUTANTS, seed: 1 },
      );
      expect(slowestMs).toBeLessThan(MOST_MS);
    },
  );

  test.for(FOLDERS.map((path) => [basename(path), path] as const))(
    "10^9 in place of any one number of %s is refused, or read without making so many of anything",
    async ([, path]) => {
      const { config, checkpoint } = await configuredAt(path);
      for (const [key, changed] of withOneNumber(config, 1e9))
        expect(survives(changed, checkpoint), key).toBeLessThan(MOST_MS);
    },
  );
});
