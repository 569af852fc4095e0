/** @file Every architecture of GGUF: files of llama.cpp's own converter give what the Hugging Face checkpoint had. */
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bytesInMemory } from "../../src/base/bytes.ts";
import { InputError } from "../../src/base/errors.ts";
import { random } from "../../src/base/random.ts";
import { fileSource } from "../../src/formats/file.ts";
import { ggufWeights } from "../../src/formats/gguf/ggufWeights.ts";
import { readGguf } from "../../src/formats/gguf/readGguf.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { feedsOf } from "../../src/inputs/modelInputs.ts";
import { slice } from "../../src/graph/edits/slice.ts";
import { FAMILIES } from "../../src/models/families.ts";
import { ARCHITECTURES } from "../../src/models/gguf/architectures.ts";
import { factsOf } from "../../src/models/gguf/facts.ts";
import { ggufTensors } from "../../src/models/gguf/ggufTensors.ts";
import { ggufPlan } from "../../src/models/gguf/ggufModel.ts";
import { modelFiles } from "../../src/models/modelFiles.ts";
import { openBlobs } from "../../src/models/openBlobs.ts";
import { openModel } from "../../src/models/open.ts";
import { openTokenizer } from "../../src/models/openTokenizer.ts";
import { prepare } from "../../src/runtime/prepare.ts";
import { joined, mutant } from "../formats/ggufFile.ts";
import { backends } from "../runtime/backends.ts";
import { ggufBytes, type GgufEntry } from "./ggufWriter.ts";

/** Made by tools/make_gguf_models.py with transformers and llama.cpp's converter. */
const FOLDER = "test/fixtures/gguf/models";
interface Expected {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly [shape: number[], print: number]>>;
  readonly tokens: number[][];
  readonly logits: number[];
  /** Our name of what `logits` are, where the model has none. */
  readonly output?: string;
}
const MODELS = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".gguf"))
  .map((file) => file.replace(/\.gguf$/, ""));

const engine = (await backends())[0]!;
const scratch = mkdtempSync(join(tmpdir(), "induction-lens-gguf-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe.each(MODELS)("the GGUF %s", (name) => {
  const path = join(FOLDER, `${name}.gguf`);
  const expected = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Expected;
  const planned = async () => ggufPlan(await readGguf(await fileSource(path)), path);

  test("has the tensors of the checkpoint: names, shapes, order of the values", async () => {
    const { tensors, layout } = await planned();
    const { weights, unsupported } = await ggufWeights(tensors);
    expect([...unsupported]).toEqual([]);
    expect([...weights.keys()].sort()).toEqual(Object.keys(expected.tensors).sort());
    for (const [key, [shape, print]] of Object.entries(expected.tensors)) {
      const weight = weights.get(key)!;
      const isTransposed = layout === "nanogpt" && /\.c_(attn|proj|fc)\.weight$/.test(key);
      const values = await readTensor(weight);
      expect(weight.shape, key).toEqual(isTransposed ? shape.toReversed() : shape);
      const ours = isTransposed ? transposed(values, weight.shape[0]!) : values;
      expect(Math.abs(fingerprint(ours) - print), key).toBeLessThan(2e-6); // norms less one are rounded
    }
  });

  test("has the configuration of the checkpoint, but for keys that say nothing new", async () => {
    const { config } = await planned();
    const original: Record<string, unknown> = { ...expected.config, ...ANOTHER_WAY[name] };
    for (const [key, value] of Object.entries(config))
      expect(sorted(value), key).toEqual(sorted(original[key]));
    const unsaid = Object.entries(original).filter(([key]) => !(key in config));
    for (const [key, value] of unsaid) {
      if (OF_NO_CONSEQUENCE.test(key)) continue;
      expect(Object.keys(USUAL), key).toContain(key);
      expect(USUAL[key], key).toContainEqual(value);
    }
  });

  const waitsFor = missing(expected.config);
  test.skipIf(waitsFor)(
    `gives the logits of the checkpoint${waitsFor ? ` (once there is ${waitsFor})` : ""}`,
    async () => {
      const model = await openModel(path, { cache: false });
      const { tokens, output = "logits" } = expected;
      const session = await prepare(slice(model.program, { outputs: [output] }), engine);
      const isPair = model.program.inputs.some((input) => input.name === "encoder");
      const inputs = isPair
        ? { encoder: tokens, decoder: tokens.map((row) => row.slice(0, 5)) }
        : { tokens };
      const logits = (await session.run(feedsOf(session.program, inputs))).get(output)!.data;
      await session.close();
      await model.close();
      expect(logits.length).toBe(expected.logits.length);
      const largest = Math.max(
        ...expected.logits.map((value, at) => Math.abs(logits[at]! - value)),
      );
      expect(largest).toBeLessThan(5e-5);
    },
  );
});

/** What a configuration needs that this version does not have: a family, a kind of rotary positions; null if nothing. */
function missing(config: Readonly<Record<string, unknown>>): string | null {
  const type = String(config["model_type"]);
  return Object.hasOwn(FAMILIES, type) ? null : `a family ${type}`;
}

/** What the file says in another way than config.json, or for a fixed value of llama.cpp's. */
const LLAMA3_TABLE = {
  rope_parameters: {
    rope_type: "frequency_factors",
    rope_theta: 500000,
    frequency_factors: [Math.fround(1.735941290855408), 8],
  },
};
const ANOTHER_WAY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "llama-llama3": LLAMA3_TABLE,
  "apertus-llama3": LLAMA3_TABLE,
  "llama4-full": LLAMA3_TABLE,
  dots1: { sliding_window: null }, // no layer has it
  t5: { n_positions: 512 }, // the converter's, where there is none
  "t5-gated": { n_positions: 512, tie_word_embeddings: false },
  falcon: { max_position_embeddings: 2048, num_kv_heads: 1 },
  "falcon-40b": { max_position_embeddings: 2048 },
  gpt2: { n_inner: 64 },
  mpt: {
    attn_config: {
      alibi: true,
      alibi_bias_max: 8,
      attn_type: "multihead_attention",
      clip_qkv: null,
      prefix_lm: false,
      qk_ln: false,
      softmax_scale: null,
    },
  },
  qwen3moe: { num_experts: 4 }, // as published configurations call it
  // where there is only text
  qwen2vl: { model_type: "qwen2_vl_text" },
  qwen3vl: { model_type: "qwen3_vl_text" },
  // the same model under another name: no rows of positions before the first, no layer without experts
  roberta: { model_type: "bert", max_position_embeddings: 63 },
  "solar-open": { model_type: "glm4_moe", first_k_dense_replace: 0, use_qk_norm: false },
};

/** Keys that change no logits of a forward pass, or do so nowhere in their family. */
const OF_NO_CONSEQUENCE =
  /^(_.*|architectures|transformers_version|dtype|initializer_range|use_cache|.*_token_id|pretraining_tp|slow_but_exact|.*dropout.*|.*_pdrop|summary_.*|.*router_aux.*|output_router_logits|router_jitter_noise|init_device|norm_type|embedding_fraction|learned_pos_emb|use_bidirectional_attention|num_nextn_predict_layers|qk_head_dim|max_window_layers|reorder_and_upcast_attn|.*softmax_in_fp32|add_cross_attention|is_decoder|time_step_.*|rescale_prenorm_residual|residual_in_fp32|use_associative_scan|use_mambapy|chunk_size|is_encoder_decoder|dense_act_fn|is_gated_act|initializer_factor|classifier_.*|decoder_bias|deterministic_flash_attn|sparse_.*|initializer_cutoff_factor)$/;

/** Keys that the configuration of a GGUF may lack, with the values that they have then. */
const FULL = "full_attention";
const USUAL: Readonly<Record<string, readonly unknown[]>> = {
  apply_residual_connection_post_layernorm: [false],
  attention_bias: [false],
  mlp_bias: [false],
  activation_function: ["gelu_new"],
  scale_attn_weights: [true],
  scale_attn_by_inverse_layer_idx: [false],
  attn_logit_softcapping: [null],
  final_logit_softcapping: [null],
  logit_scale: [null],
  clip_qkv: [null],
  n_group: [null],
  topk_group: [null],
  sliding_window: [null, 0],
  use_sliding_window: [false],
  layer_types: [new Array(2).fill(FULL), new Array(4).fill(FULL)],
  num_local_experts: [4], // of qwen3moe, whose num_experts it is
  // as interleave_moe_layer_step, no_rope_layers and moe_layer_interval say
  moe_layers: [
    [1, 3],
    [0, 1],
  ],
  no_rope_layer_interval: [4],
  moe_norm_min: [1e-12],
  moe_layer_end_index: [-1, 1],
  mixer_rms_eps: [1e-6],
  relative_attention_max_distance: [128],
  scale_decoder_outputs: [true, false], // true where embeddings are tied
  // of families that have these sizes under other names
  intermediate_size: [24, 32],
  max_position_embeddings: [64],
  num_key_value_heads: [2],
  head_dim: [4, null],
};

function fingerprint(values: Float32Array): number {
  return values.reduce((sum, value, index) => sum + value * Math.cos(index), 0);
}

function transposed(values: Float32Array, height: number): Float32Array {
  const width = values.length / height;
  return values.map((_, at) => values[(at % height) * width + Math.floor(at / height)]!);
}

/** Keys of records in one order, and numbers as float32 has them. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [other]) => (a < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

test("every architecture that is read has a fixture", async () => {
  const names = new Set<unknown>();
  for (const name of MODELS) {
    const { metadata } = await readGguf(await fileSource(join(FOLDER, `${name}.gguf`)));
    names.add(metadata.get("general.architecture"));
  }
  expect([...names].sort()).toEqual(Object.keys(ARCHITECTURES).sort());
});

describe("a GGUF in parts", () => {
  const PARTS = [1, 2, 3].map((part) => `llama-0000${part}-of-00003.gguf`);
  const folder = "test/fixtures/gguf/parts";

  test("opens as a whole from any of them, with one hash, and as blobs", async () => {
    const blobs = PARTS.map((name) => ({
      name,
      blob: new Blob([readFileSync(join(folder, name))]),
    }));
    const models = [
      await openModel(join(folder, PARTS[0]!), { cache: false }),
      await openModel(join(folder, PARTS[2]!), { cache: false }),
      await openBlobs(blobs.toReversed()),
    ];
    const [first, ...others] = models;
    for (const other of others) {
      expect(other.sha256).toBe(first!.sha256);
      expect(other.architecture).toEqual(first!.architecture);
      expect(other.program.ops.length).toBe(first!.program.ops.length);
    }
    for (const model of models) await model.close();
    await expect(openBlobs(blobs.slice(0, 2))).rejects.toThrow(
      /is one of 3 parts, of which there are no llama-00003-of-00003\.gguf beside it/,
    );
    expect((await modelFiles(join(folder, PARTS[1]!))).map(({ name }) => name)).toEqual(PARTS);
  });
});

test("a folder with one GGUF opens like the file, and one with several asks which", async () => {
  const folder = mkdtempSync(join(scratch, "folder-"));
  for (const part of [1, 2, 3]) {
    const name = `llama-0000${part}-of-00003.gguf`;
    copyFileSync(join("test/fixtures/gguf/parts", name), join(folder, name));
  }
  const model = await openModel(folder, { cache: false });
  expect(model.architecture).toMatchObject({ family: "llama", layers: 2 });
  await model.close();
  expect((await modelFiles(folder)).length).toBe(3);
  await expect(openTokenizer(folder)).rejects.toThrow(/has no tokenizer: .*none in a GGUF/);
  copyFileSync(join(FOLDER, "qwen2.gguf"), join(folder, "other.gguf"));
  await expect(openModel(folder)).rejects.toThrow(
    /several GGUF files \(llama-00001-of-00003\.gguf, other\.gguf\): name one of them/,
  );
});

describe("names that older converters gave", () => {
  const shapesOf = (architecture: string, names: readonly (readonly [string, number[]])[]) => {
    const tensors = new Map(
      names.map(([name, shape]) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const source = bytesInMemory("old", new Uint8Array(4 * size));
        return [name, { source, type: "F32", shape, offset: 0, sizeBytes: 4 * size }] as const;
      }),
    );
    const metadata = new Map<string, string | number>([
      ["general.architecture", architecture],
      [`${architecture}.attention.head_count`, 4],
      [`${architecture}.attention.head_count_kv`, 2],
      [`${architecture}.embedding_length`, 8],
    ]);
    const facts = factsOf({ version: 3, metadata, tensors }, "old", new Map());
    const converted = ggufTensors(ARCHITECTURES[architecture]!, facts);
    return Object.fromEntries([...converted].map(([name, { shape }]) => [name, shape]));
  };

  test("Mixtral's experts one by one", () => {
    expect(
      shapesOf("llama", [
        ["blk.3.ffn_gate.12.weight", [6, 8]],
        ["blk.3.ffn_down.0.weight", [8, 6]],
      ]),
    ).toEqual({
      "model.layers.3.block_sparse_moe.experts.12.w1.weight": [6, 8],
      "model.layers.3.block_sparse_moe.experts.0.w2.weight": [8, 6],
    });
  });

  test("queries, keys and values in one matrix of Phi-2 and ChatGLM", () => {
    const parts = { q: [8, 8], k: [4, 8], v: [4, 8] };
    for (const architecture of ["phi2", "chatglm"]) {
      expect(shapesOf(architecture, [["blk.0.attn_qkv.weight", [16, 8]]])).toEqual(
        Object.fromEntries(
          Object.entries(parts).map(([part, shape]) => [
            `model.layers.0.self_attn.${part}_proj.weight`,
            shape,
          ]),
        ),
      );
    }
    expect(() => shapesOf("phi2", [["blk.0.attn_qkv.weight", [17, 8]]])).toThrow(
      /has no rows for each of 8 heads/,
    );
  });

  test("queries, keys and values in one matrix of LLaMA, whose rotary pairs are taken apart", () => {
    const shapes = shapesOf("llama", [["blk.0.attn_qkv.weight", [16, 8]]]);
    expect(shapes).toEqual({
      "model.layers.0.self_attn.q_proj.weight": [8, 8],
      "model.layers.0.self_attn.k_proj.weight": [4, 8],
      "model.layers.0.self_attn.v_proj.weight": [4, 8],
    });
    expect(() => shapesOf("llama", [["blk.0.attn_qkv.weight", [8, 8]]])).toThrow(
      /has no pairs of rows for each of 8 heads/,
    );
  });

  test("DeepSeek's keys and values in one matrix", () => {
    expect(shapesOf("deepseek2", [["blk.0.attn_kv_b.weight", [40, 8]]])).toEqual({
      "model.layers.0.self_attn.kv_b_proj.weight": [40, 8],
    });
  });
});

/** A small file of an architecture with these keys, and a table of tokens. */
async function openMade(architecture: string, entries: readonly GgufEntry[], names: string[] = []) {
  const path = join(scratch, "refused.gguf");
  const tensors = ["token_embd.weight", ...names].map((each) => {
    return { name: each, shape: [4, 2], data: new Float32Array(8) };
  });
  const all: GgufEntry[] = [["general.architecture", "string", architecture], ...entries];
  writeFileSync(path, ggufBytes(all, tensors));
  const model = await openModel(path, { cache: false });
  return model.close();
}

const SMALL: GgufEntry[] = [
  ["llama.block_count", "uint32", 1],
  ["llama.context_length", "uint32", 8],
  ["llama.embedding_length", "uint32", 2],
  ["llama.feed_forward_length", "uint32", 2],
  ["llama.attention.head_count", "uint32", 1],
  ["llama.attention.layer_norm_rms_epsilon", "float32", 1e-5],
];

test.each<[string, () => Promise<void>, RegExp]>([
  [
    "an architecture, naming those there are",
    () => openMade("rwkv6", []),
    /architecture "rwkv6", which is not supported \(supported: llama, /,
  ],
  ["a misspelt architecture, with the nearest", () => openMade("gemma4", []), /did you mean gemma/],
  [
    "keys, all of them",
    () =>
      openMade("llama", [
        ...SMALL,
        ["llama.ssm.state_size", "uint32", 8],
        ["llama.x", "uint32", 1],
      ]),
    /keys that are not supported: llama\.ssm\.state_size, llama\.x/,
  ],
  [
    "a value that no model can have, under the file's own key",
    () =>
      openMade("llama", [
        ...SMALL.slice(0, 5),
        ["llama.attention.layer_norm_rms_epsilon", "float32", -1],
      ]),
    /read as a configuration of llama cannot be used: .*llama\.attention\.layer_norm_rms_epsilon/,
  ],
  [
    "more layers than tensors",
    () => openMade("smollm3", [["smollm3.block_count", "uint32", 2 ** 31]]),
    /needs a block_count from 1 to its 1 tensors, got 2147483648/,
  ],
  [
    "tensors without a place",
    () => openMade("llama", SMALL, ["blk.0.ssm_a", "blk.0.attn_q.weight"]),
    /tensors without a place in llama: blk\.0\.ssm_a$/,
  ],
  [
    "heads that rows cannot be divided among",
    () =>
      openMade(
        "llama",
        [...SMALL.slice(0, 4), ["llama.attention.head_count", "uint32", 3], SMALL[5]!],
        ["blk.0.attn_q.weight"],
      ),
    /"blk\.0\.attn_q\.weight" of F32 and shape 4 x 2 has no pairs of rows for each of 3 heads/,
  ],
  [
    "kinds of scaling",
    () => openMade("llama", [...SMALL, ["llama.rope.scaling.type", "string", "dynamic"]]),
    /llama\.rope\.scaling\.type "dynamic" is not supported/,
  ],
  [
    "a factor of rotary positions that no configuration has",
    () => openMade("llama", [...SMALL, ["llama.rope.scaling.attn_factor", "float32", 1.5]]),
    /llama\.rope\.scaling\.attn_factor is 1\.5, which is not supported \(only 1\)/,
  ],
  [
    "rotary positions on a part of each head where no family has them",
    () => openMade("llama", [...SMALL, ["llama.rope.dimension_count", "uint32", 1]]),
    /rope\.dimension_count is 1 of 2 entries/,
  ],
  [
    "a key that is missing",
    () =>
      openMade(
        "deepseek2",
        SMALL.map(
          ([key, ...rest]) => [key.replace("llama", "deepseek2"), ...rest] as unknown as GgufEntry,
        ),
      ),
    /needs the key deepseek2\.rope\.dimension_count/,
  ],
  [
    "a value of another type",
    () => openMade("llama", [["llama.block_count", "string", "two"]]),
    /llama\.block_count needs a number, got "two"/,
  ],
])("refuses %s", async (_, attempt, message) => {
  await expect(attempt()).rejects.toThrow(message);
});

test("damaged files of every architecture give a typed error, or tensors of the size of the file; 20,000 of them", async () => {
  const seeds = MODELS.map((name) => new Uint8Array(readFileSync(join(FOLDER, `${name}.gguf`))));
  const generator = random(419);
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const seed = seeds[round % seeds.length]!;
    const header = 2500; // bytes in which metadata and the list of tensors lie, and where damage matters
    const file = joined([mutant(seed.subarray(0, header), generator), seed.subarray(header)]);
    try {
      const gguf = await readGguf(bytesInMemory("mutant", file));
      const { tensors } = await ggufPlan(gguf, "mutant");
      const values = [...tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
      const madeBytes = 4 * values.reduce((sum, count) => sum + count, 0);
      if (madeBytes > 29 * file.length) throw new Error(`${madeBytes} bytes of ${file.length}`);
      if (round % 10 === 0) await ggufWeights(tensors);
      accepted++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  expect(accepted).toBeGreaterThan(500);
  expect(accepted).toBeLessThan(15_000);
});
