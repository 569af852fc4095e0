/** @file Checkpoints of one model under the names that different tools write. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { modelFrom } from "../../src/models/families.ts";
import type { Model } from "../../src/models/family.ts";
import { shared, unlessShared } from "../shared.ts";
import type { CheckpointTensors } from "../../src/models/checkpointTensors.ts";
import {
  decoderFolders,
  type Config,
  golden,
  goldenAt,
  inMemory,
  renamed,
  withTensor,
} from "./golden.ts";
import { usedMs } from "../usedMs.ts";

/** What tells two models apart: operations, and where each weight lies. */
function digest({ program }: Model) {
  return {
    ops: program.ops,
    weights: program.weights.map(({ name, stored, select }) => [name, stored.offset, select]),
    outputs: program.outputs,
  };
}

/** Of what is counted or allocated by number: not positions, whose table may be as long as one likes where they are computed. */
const SIZES =
  /^(n_layers?|num_(hidden_)?layers|.*heads?|n_embd|.*hidden_size|d_model|dim|vocab_size|.*intermediate_size|n_inner|ffn_dim|d_ff|.*experts|moe_k|num_experts_per_tok|head_dim|.*_lora_rank|.*_head_dim|state_size)$/;
/** A golden of each family. */
const familyFolders = () => [
  ...decoderFolders(shared("goldens")),
  ...decoderFolders(join(import.meta.dirname, "../fixtures/families")),
];
/** Whether a configuration is refused, or means the same model as another because nothing reads what differs. */
function isRefusedOrSame(config: Config, other: Config, checkpoint: CheckpointTensors): boolean {
  try {
    expect(digest(modelFrom(config, checkpoint))).toEqual(digest(modelFrom(other, checkpoint)));
    return true;
  } catch (error) {
    if (error instanceof InputError) return true;
    throw error;
  }
}
const modelTypeAt = (path: string) => {
  const text = readFileSync(join(path, "config.json"), "utf8");
  return String((JSON.parse(text) as { model_type?: string }).model_type);
};

const { skip, note } = unlessShared("goldens");
describe.skipIf(skip)(`names of weights${note}`, () => {
  const WRAPPED: Readonly<Record<string, (name: string) => string>> = {
    "torch.compile": (name) => `_orig_mod.${name}`,
    "data-parallel training": (name) => `module.${name}`,
    "both, twice over": (name) => `module._orig_mod.module._orig_mod.${name}`,
    "torch.compile of layers": (name) => name.replace(/(\.\d+\.)/, "$1_orig_mod."),
    "a training framework": (name) => `net.inner.${name}`,
  };
  for (const family of ["gpt2", "neox", "llama", "opt", "mixtral", "mpt"]) {
    for (const [tool, rename] of Object.entries(WRAPPED)) {
      test(`${family} as ${tool} writes it is the same model`, async () => {
        const { config, checkpoint } = await golden(family);
        const wrapped = modelFrom(config, renamed(checkpoint, rename));
        expect(digest(wrapped)).toEqual(digest(modelFrom(config, checkpoint)));
      });
    }
  }

  for (const family of ["gpt2", "opt", "gemma", "bloom"]) {
    test(`${family} as AutoModel saves it, without its prefix, is the same model`, async () => {
      const { config, checkpoint } = await golden(family);
      const bare = renamed(checkpoint, (name) => name.replace(/^(transformer|model)\./, ""));
      expect(digest(modelFrom(config, bare))).toEqual(digest(modelFrom(config, checkpoint)));
    });
  }

  test("neox with its head under the name of today's module is the same model", async () => {
    const { config, checkpoint } = await golden("neox");
    const today = renamed(checkpoint, (name) => name.replace("embed_out", "lm_head"));
    expect(digest(modelFrom(config, today))).toEqual(digest(modelFrom(config, checkpoint)));
  });

  const HOLDERS: Readonly<Record<string, (name: string) => string>> = {
    "language_model.*": (name) => `language_model.${name}`,
    "model.language_model.*": (name) => name.replace(/^model\./, "model.language_model."),
  };
  for (const [holder, rename] of Object.entries(HOLDERS)) {
    test(`the text model of several, under ${holder}, is used, and a notice says so`, async () => {
      const { config, checkpoint } = await golden("llama");
      const all = withTensor(
        renamed(checkpoint, rename),
        "vision_tower.embeddings.weight",
        inMemory([2, 2], () => 0),
      );
      const whole = { model_type: "llava", text_config: config, vision_config: { depth: 2 } };
      const model = modelFrom(whole, all);
      expect(digest(model)).toEqual(digest(modelFrom(config, checkpoint)));
      expect(model.notices).toEqual([
        "the files hold a llava model; its text model (llama) is used, and what sees or hears is left aside",
        expect.stringMatching(/^it cannot be shown images: .* is missing/),
      ]);
    });
  }

  test("PaliGemma's text model, which sees its whole prompt, is refused", async () => {
    const { config, checkpoint } = await golden("gemma");
    const all = renamed(checkpoint, HOLDERS["language_model.*"]!);
    expect(() => modelFrom({ model_type: "paligemma", text_config: config }, all)).toThrow(
      "paligemma is not supported: its text model (gemma) sees its whole prompt",
    );
  });

  test("a text model whose keys lie beside those of another is used", async () => {
    const { config, checkpoint } = await golden("qwen2");
    const flat = {
      ...config,
      model_type: "qwen2_5_vl",
      vision_config: { depth: 2 },
      vision_start_token_id: 3,
      rope_parameters: null,
      rope_theta: 10000,
      rope_scaling: { type: "mrope", mrope_section: [1, 1, 2] },
    };
    const all = withTensor(
      checkpoint,
      "visual.patch_embed.weight",
      inMemory([2, 2], () => 0),
    );
    const model = modelFrom(flat, all);
    expect(digest(model)).toEqual(digest(modelFrom(config, checkpoint)));
    expect(model.notices).toHaveLength(1);
  });

  test("heads of other tasks and rotary tables are no strangers", async () => {
    const { config, checkpoint } = await golden("llama");
    const more = ["score.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"].reduce(
      (all, name) =>
        withTensor(
          all,
          name,
          inMemory([2], () => 0),
        ),
      checkpoint,
    );
    expect(() => modelFrom(config, more)).not.toThrow();
  });

  test("what is missing and what has no place are three of each, and counted", async () => {
    const { config, checkpoint } = await golden("llama");
    const foreign = renamed(checkpoint, (name) => name.replace("self_attn", "mixer"));
    const counted = /q_proj\.weight is missing; .*; and 9 more; .*has no place.*; and 9 more$/;
    expect(() => modelFrom(config, foreign)).toThrow(counted);
  });

  test("very many tensors without a place are three and a count", async () => {
    const { config, checkpoint } = await golden("llama");
    const [stored] = checkpoint.weights.values();
    const more = Array.from({ length: 200_000 }, (_, at) => [`t${at}`, stored!] as const);
    const many = { ...checkpoint, weights: new Map([...checkpoint.weights, ...more]) };
    expect(() => modelFrom(config, many)).toThrow(
      "t0 has no place in this architecture; t1 has no place in this architecture; t2 has no place in this architecture; and 199997 more",
    );
  });

  const EVERY = [...new Map(familyFolders().map((path) => [modelTypeAt(path), path]))];
  test(`10^9 layers, heads, experts or sizes are refused at once by each of ${EVERY.length} families`, async () => {
    for (const [type, path] of EVERY) {
      const { config, checkpoint } = await goldenAt(path);
      const { text_config: part } = config as { readonly text_config?: object };
      const keys = Object.entries(part ?? config).filter(
        ([key, value]) => typeof value === "number" && SIZES.test(key),
      );
      expect(keys.length, type).toBeGreaterThan(3);
      for (const [key] of keys) {
        const usedMs = process.cpuUsage().user / 1000;
        const huge = part
          ? { ...config, text_config: { ...part, [key]: 1e9 } }
          : { ...config, [key]: 1e9 };
        const same = isRefusedOrSame(huge, config, checkpoint);
        expect(same, `${type} with ${key} is neither refused nor without consequence`).toBe(true);
        expect(process.cpuUsage().user / 1000 - usedMs, `${type} with ${key}`).toBeLessThan(1000);
      }
    }
  });

  const COUNTS: readonly (readonly [golden: string, key: string])[] = [
    ["gpt2", "n_layer"],
    ["gpt_neo", "num_layers"],
    ["llama", "num_hidden_layers"],
    ["mixtral", "num_local_experts"],
    ["olmoe", "num_experts"],
    ["deepseek_v3", "n_routed_experts"],
    ["deepseek_v3", "n_shared_experts"],
    ["bloom", "n_head"],
    ["mpt", "n_heads"],
    ["falcon", "num_kv_heads"],
    ["falcon", "num_attention_heads"],
  ];
  for (const [family, key] of COUNTS) {
    test(`${family} with 10^9 as ${key} is refused at once`, async () => {
      const { config, checkpoint } = await golden(family);
      const started = usedMs();
      expect(() => modelFrom({ ...config, [key]: 1e9 }, checkpoint)).toThrow(InputError);
      expect(usedMs() - started).toBeLessThan(500);
    });
  }
});
