/** @file What a configuration may say: keys that are refused, keys that change nothing and are told, code of one's own, odd ids. */
import { strayTokensNotice } from "../../src/models/config/specialTokens.ts";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fileSource } from "../../src/formats/file.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { KEYS_READ } from "../../src/models/config/keysRead.ts";
import { FAMILIES, modelFrom } from "../../src/models/families.ts";
import { openFolder } from "../../src/models/folder.ts";
import { openBlobs } from "../../src/models/openBlobs.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/families");

/** The model of a fixture whose configuration is changed; undefined takes a key away. */
async function changed(name: string, change: Record<string, unknown>, trustArchitecture = false) {
  const text = readFileSync(join(FIXTURES, name, "config.json"), "utf8");
  const file = await fileSource(join(FIXTURES, name, "model.safetensors"));
  const all = { ...(JSON.parse(text) as Record<string, unknown>), ...change };
  const config = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const checkpoint = await readSafetensors(file);
  await file.close();
  return modelFrom(config, checkpoint, "hugging_face", { trustArchitecture });
}

describe("keys of config.json", () => {
  test("that nothing reads change nothing, and one notice tells their names and values", async () => {
    const own = {
      use_flash_attn: true,
      max_sequence_length: 4096,
      custom_pipelines: { text: { impl: "x.Y" } },
      attn_implementation: "sdpa",
      my_own_key: NaN,
    };
    const plain = await changed("llama_dynamic", {});
    const model = await changed("llama_dynamic", own);
    expect(plain.notices).toBeUndefined();
    expect(model.program.ops).toEqual(plain.program.ops);
    expect(model.notices).toEqual([
      'config.json has keys that change nothing, since nothing reads them for llama: use_flash_attn = true, max_sequence_length = 4096, custom_pipelines = {"text":{"impl":"x.Y"}}, attn_implementation = "sdpa", my_own_key = NaN',
    ]);
  });

  test("inside rotary positions are told too, with their path", async () => {
    const rope = { rope_type: "dynamic", factor: 4, rope_theta: 1e4, finetuned: true };
    const { notices } = await changed("llama_dynamic", { rope_parameters: rope });
    expect(notices).toEqual([expect.stringMatching(/: rope_parameters\.finetuned = true$/)]);
    const byType = { full_attention: { mrope_section: [1] }, sliding_attention: {} };
    const layers = await changed("gemma3_two_ropes", { rope_parameters: byType });
    expect(layers.notices).toEqual([
      expect.stringMatching(/: rope_parameters\.full_attention\.mrope_section = \[1\]$/),
    ]);
  });

  test("of generation, training and of the base class are passed over in silence", async () => {
    const { notices } = await changed("llama_dynamic", {
      do_sample: true,
      temperature: 0.5,
      attention_dropout: 0.5,
      id2label: { 0: "a" },
      torch_dtype: "bfloat16",
      image_token_id: 7,
      pretraining_tp: 2,
      is_decoder: true,
      _attn_implementation_autoset: true,
    });
    expect(notices).toBeUndefined();
  });

  const REFUSED: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    [
      "gemma3_two_ropes",
      { attention_chunk_size: 8 },
      /attention_chunk_size = 8 is not supported: it may change what this model computes/,
    ],
    ["llama_dynamic", { is_causal: false }, /is_causal = false is not supported \(only true\)/],
    [
      "llama_dynamic",
      { per_layer_config: { 1: { head_dim: 8 } } },
      /per_layer_config = .* is not supported/,
    ],
    [
      "llama_dynamic",
      { pruned_heads: { 0: [1] } },
      /pruned_heads = \{"0":\[1\]\} is not supported/,
    ],
    [
      "llama_dynamic",
      { quantization_config: {} },
      /quantization_config = \{\} is not supported \(only null\)/,
    ],
    ["llama_dynamic", { rms_norm_eps: NaN }, /rms_norm_eps must be a number, got NaN/],
    ["llama_dynamic", { rms_norm_eps: Infinity }, /rms_norm_eps must be a number, got Infinity/],
    [
      "llama_dynamic",
      { rope_parameters: { factor: Infinity } },
      /rope_parameters\.factor must be a number, got Infinity/,
    ],
    ["llama_dynamic", { hidden_size: "16" }, /hidden_size must be a number, got "16"/],
    ["llama_dynamic", { hidden_size: 1.5 }, /hidden_size must be a whole number, got 1\.5/],
    ["llama_dynamic", { hidden_size: -1 }, /hidden_size must be above 0, got -1/],
    ["llama_dynamic", { hidden_size: undefined }, /hidden_size is missing/],
    ["llama_dynamic", { attention_bias: "no" }, /attention_bias must be true or false, got "no"/],
    [
      "llama_dynamic",
      { hidden_act: "prelu" },
      /hidden_act must be "relu" or "silu" or .*, got "prelu"/,
    ],
    [
      "gemma3_two_ropes",
      { layer_types: ["full_attention", "x"] },
      /layer_types\[1\] must be "full_attention" or "sliding_attention", got "x"/,
    ],
    [
      "gemma3_two_ropes",
      { layer_types: new Array(5000).fill(1) },
      /layer_types\[9\].*; and 4990 more such$/,
    ],
  ];
  test.for(REFUSED)("%s with %j is refused by name", async ([name, change, message]) => {
    await expect(changed(name, change)).rejects.toThrow(message);
    await expect(changed(name, change)).rejects.not.toThrow(/Invalid|expected|received/);
  });

  test("that are read, but have the value of the class or null, are no fault", async () => {
    for (const change of [{ is_causal: true, pruned_heads: {} }, { attention_chunk_size: null }])
      expect((await changed("gemma3_two_ropes", change)).notices).toBeUndefined();
  });

  test("every family has a list of the keys that the reference reads, but those that are another's spec", () => {
    const without = Object.keys(FAMILIES).filter((type) => !Object.hasOwn(KEYS_READ, type));
    expect(without).toEqual([
      ...["glm4v_text", "internlm3", "iquestcoder"],
      ...["qwen2_5_vl_text", "qwen2_vl_text", "qwen3_vl_moe_text", "qwen3_vl_text"],
    ]);
  });

  test.for(["gemma3n", "gemma3n_text", "qwen3_next"])(
    "of %s are refused with the reason, not with a name that looks alike",
    async (type) => {
      await expect(changed("llama_dynamic", { model_type: type })).rejects.toThrow(
        /^model_type \w+ is not supported: .* (streams side by side|gated-delta attention)/,
      );
    },
  );

  test("of hunyuan_v1_dense: alpha stretches the base whatever the length, and needs numbers", async () => {
    const rope = (more: object) => ({
      rope_type: "dynamic",
      factor: 1,
      rope_theta: 10000,
      ...more,
    });
    const fillOf = async (rope_parameters: object) => {
      const { program } = await changed("hunyuan_v1_dense", { rope_parameters });
      return program.inputs.find(({ name }) => name === "rotary_cos")!.fill;
    };
    const alpha = await fillOf(rope({ alpha: 1000 }));
    const base = 10000 * 1000 ** (8 / 6);
    expect(alpha).toEqual(await fillOf({ rope_type: "default", rope_theta: base }));
    expect(alpha).not.toEqual(await fillOf(rope({})));
    await expect(fillOf(rope({ alpha: "x" }))).rejects.toThrow(/alpha, rope_theta and head_dim/);
  });

  test.for(["internlm3", "iquestcoder"])("of %s mean what they mean for llama", async (type) => {
    const model = await changed("llama_dynamic", { model_type: type });
    const llama = await changed("llama_dynamic", {});
    expect(model.program.ops).toEqual(llama.program.ops);
    expect(model.notices).toBeUndefined();
  });

  test("of internlm3 have names of their own for biases", async () => {
    const none = { model_type: "internlm3", attention_bias: undefined, mlp_bias: undefined };
    const model = await changed("llama_dynamic", { ...none, qkv_bias: false, bias: false });
    expect(model.notices).toBeUndefined();
    await expect(changed("llama_dynamic", { ...none, qkv_bias: true })).rejects.toThrow(
      /q_proj\.bias is missing/,
    );
  });

  test("with two names may have either, and both only where they agree", async () => {
    const other = { n_routed_experts: undefined, num_local_experts: 4 };
    const config = JSON.parse(readFileSync(join(FIXTURES, "deepseek_v2/config.json"), "utf8")) as {
      n_routed_experts: number;
    };
    const experts = config.n_routed_experts;
    const model = await changed("deepseek_v2", { ...other, num_local_experts: experts });
    expect(model.architecture.experts?.count).toBe(experts);
  });
});

describe("code of its own (auto_map)", () => {
  const code = { auto_map: { AutoModelForCausalLM: "modeling_x.XForCausalLM" } };

  test("is refused, and the message says how to go on", async () => {
    await expect(changed("llama_dynamic", code)).rejects.toThrow(
      /names code of its own \(auto_map: AutoModelForCausalLM modeling_x\.XForCausalLM\), which is never run here and may compute something else than llama; .*--trust-architecture \(trustArchitecture: true\)/,
    );
  });

  test("is told and not run where the user trusts the declared architecture", async () => {
    const { notices, program } = await changed("llama_dynamic", code, true);
    expect(notices).toEqual([
      expect.stringMatching(/it is not run, and the model is computed as llama/),
    ]);
    expect(program.ops).toEqual((await changed("llama_dynamic", {})).program.ops);
  });

  test("of a tokenizer alone is no fault", async () => {
    const map = { AutoTokenizer: ["tokenization_x.X", null] };
    expect((await changed("llama_dynamic", { auto_map: map })).notices).toBeUndefined();
  });

  test.for([["x"], "modeling_x.X", 5, [["y"]]])(
    "of the odd form %j is refused",
    async (auto_map) => {
      await expect(changed("llama_dynamic", { auto_map })).rejects.toThrow(/code of its own/);
    },
  );

  test("an architecture that is not supported is said to be so first", async () => {
    await expect(changed("llama_dynamic", { ...code, model_type: "internlm2" })).rejects.toThrow(
      /"internlm2" is not supported/,
    );
  });
});

describe("special ids beyond the vocabulary", () => {
  test("ids of another kind are named, -1 and none are not", () => {
    const notice = strayTokensNotice(
      { bos_token_id: "1", eos_token_id: [-5, 2], pad_token_id: -1, unk_token_id: null },
      29,
    );
    expect(notice).toBe(
      'bos_token_id = "1", eos_token_id = -5 are not a token id and taken as not declared',
    );
    expect(strayTokensNotice({ pad_token_id: -1, bos_token_id: 1 }, 29)).toBeNull();
  });

  test("are none, and a notice names key and value", async () => {
    const { architecture, notices } = await changed("llama_dynamic", {
      bos_token_id: 50256,
      eos_token_id: [2, 50256],
      pad_token_id: 29,
    });
    expect(architecture.bosToken).toBeNull();
    expect(architecture.specialTokens).toEqual([2]);
    expect(notices).toEqual([
      "bos_token_id = 50256, eos_token_id = 50256, pad_token_id = 29 are beyond the vocabulary of 29 tokens and taken as not declared",
    ]);
  });

  test("do not touch the last id of the vocabulary", async () => {
    const { architecture, notices } = await changed("llama_dynamic", { bos_token_id: 28 });
    expect(architecture.bosToken).toBe(28);
    expect(notices).toBeUndefined();
  });
});

describe("loading", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  cpSync(join(FIXTURES, "llama_dynamic"), folder, { recursive: true });
  const path = join(folder, "config.json");
  const original = readFileSync(path, "utf8");
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (added: string) => writeFileSync(path, original.replace(/\}\s*$/, `, ${added} }`));

  test("of a folder and of picked files tells each notice once, and reads NaN as Python writes it", async () => {
    write('"my_limit": Infinity, "auto_map": {"AutoConfig": "c.C"}');
    const notices: string[] = [];
    const options = { trustArchitecture: true, notice: (text: string) => notices.push(text) };
    const model = await openFolder(folder, "x", options);
    await model.close();
    expect(notices).toHaveLength(2);
    expect(notices[0]).toMatch(/my_limit = Infinity$/);
    expect(notices[1]).toMatch(/AutoConfig c\.C/);
    const names = ["config.json", "model.safetensors"];
    const files = names.map((name) => ({
      name,
      blob: new Blob([readFileSync(join(folder, name))]),
    }));
    const picked: string[] = [];
    await openBlobs(files, { ...options, notice: (text) => picked.push(text) });
    expect(picked).toEqual(notices);
    await expect(openBlobs(files)).rejects.toThrow(/code of its own/);
    await expect(openFolder(folder, "x")).rejects.toThrow(/code of its own/);
  });

  test("names the file and the key of a handled key that is NaN", async () => {
    write('"rms_norm_eps": NaN');
    await expect(openFolder(folder, "x")).rejects.toThrow(/rms_norm_eps must be a number, got NaN/);
  });
});
