/** @file Whose checkpoint a torch file is, by what is in it, and how it reads under Hugging Face's names: as data. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { faultSentences } from "../base/faultSentences.ts";
import type { StoredLayout } from "./family.ts";
import type { NameMap } from "./nameMap.ts";

/** A checkpoint in Hugging Face's terms. */
export interface WriterPlan {
  readonly config: Readonly<Record<string, unknown>>;
  readonly map: NameMap;
  /** Left out: as Hugging Face stores. */
  readonly layout?: StoredLayout | undefined;
  /** Vectors of zeros, by name and length: biases that the family has and the file leaves out. */
  readonly zeros?: ReadonlyMap<string, number> | undefined;
  /** What was taken because no file says it. */
  readonly notice?: string | null | undefined;
}

/** A file of sizes that a writer leaves beside its weights, by the weights' name; null for those of whom none is known. */
export function sizesFileOf(name: string): string | null {
  if (META_PARTS.test(name)) return "params.json";
  const step = /^model_(\d+)\.pt$/.exec(name)?.[1];
  return step === undefined ? null : `meta_${step}.json`;
}

/** Weights as Meta hands them out, a part for each device. */
export const META_PARTS = /^consolidated\.\d+\.pth$/;

const L = "model.layers.{layer}.";
const T = "layers.{layer}.";

/** Sizes as llama2.c's `model_args` and Meta's params.json have them; what is not here may change what is computed. */
const llamaArgs = z.strictObject({
  dim: z.int().positive(),
  n_layers: z.int().positive(),
  n_heads: z.int().positive(),
  n_kv_heads: z.int().positive().nullish(),
  head_dim: z.int().positive().nullish(),
  norm_eps: z.number().positive().default(1e-5),
  rope_theta: z.number().positive().default(10000),
  max_seq_len: z.int().positive().nullish(),
  use_scaled_rope: z.boolean().nullish(),
  // said by the tensors, or of training
  ...{
    vocab_size: z.unknown().optional(),
    hidden_dim: z.unknown().optional(),
    multiple_of: z.unknown().optional(),
  },
  ...{
    ffn_dim_multiplier: z.unknown().optional(),
    max_batch_size: z.unknown().optional(),
    dropout: z.unknown().optional(),
  },
});

/** Tensors that llama2.c and Meta's code make anew when they load. */
const LLAMA_TABLES = [
  "freqs_cos",
  "freqs_sin",
  "rope.freqs",
  `${T}attention.inner_attention.rope.freqs`,
];

/**
 * LLaMA as Meta wrote it, which llama2.c's export follows.
 *
 * @param args `model_args` or params.json; sizes that they lack are those of the tensors
 * @param where they are, for messages
 * @throws {InputError} "config" for sizes that are missing, keys that are not known, and scaled rotary positions, whose
 *   factor no file says
 */
export function llamaPlan(args: unknown, checkpoint: Checkpoint, where: string): WriterPlan {
  const sizes = checkedSizes(llamaArgs, args, where);
  if (sizes.use_scaled_rope === true)
    throw new InputError(
      "config",
      `${where} says use_scaled_rope, and no file says by how much; the same model in Hugging Face's form does`,
    );
  const tied = isTied(checkpoint);
  const kvHeads = sizes.n_kv_heads ?? sizes.n_heads;
  return {
    config: llamaConfig(sizes, kvHeads, checkpoint, tied),
    map: {
      names: llamaNames(sizes.n_heads, kvHeads, tied),
      ignore: tied ? [...LLAMA_TABLES, "output.weight"] : LLAMA_TABLES,
    },
    notice: sizes.max_seq_len
      ? null
      : `${where} does not say how many positions the model reads; 2048 are taken (max_position_embeddings in the config of \`map\` says otherwise)`,
  };
}

function llamaConfig(
  sizes: z.infer<typeof llamaArgs>,
  kvHeads: number,
  { weights }: Checkpoint,
  tied: boolean,
): WriterPlan["config"] {
  const vocabulary = weights.get("tok_embeddings.weight")?.shape[0] ?? 0;
  return {
    ...{ model_type: "llama", hidden_act: "silu", tie_word_embeddings: tied },
    ...{ hidden_size: sizes.dim, num_hidden_layers: sizes.n_layers },
    ...{ num_attention_heads: sizes.n_heads, num_key_value_heads: kvHeads },
    ...(sizes.head_dim && { head_dim: sizes.head_dim }),
    ...{ rms_norm_eps: sizes.norm_eps, rope_theta: sizes.rope_theta },
    intermediate_size: weights.get("layers.0.feed_forward.w1.weight")?.shape[0] ?? 4 * sizes.dim,
    vocab_size: vocabulary,
    max_position_embeddings: sizes.max_seq_len ?? 2048,
    ...specialIds(vocabulary),
  };
}

/** No file names these: SentencePiece's of LLaMA 1, 2 and llama2.c, or those of Llama 3; of others nobody knows. */
function specialIds(vocabulary: number): WriterPlan["config"] {
  if (vocabulary <= 32_016) return { bos_token_id: 1, eos_token_id: 2 };
  if (vocabulary === 128_256) return { bos_token_id: 128_000, eos_token_id: 128_001 };
  return { bos_token_id: null, eos_token_id: null };
}

function isTied({ weights }: Checkpoint): boolean {
  const [output, embed] = ["output.weight", "tok_embeddings.weight"].map((at) => weights.get(at));
  return !output || (output.source === embed?.source && output.offset === embed.offset);
}

function llamaNames(heads: number, kvHeads: number, tied: boolean): NameMap["names"] {
  return {
    "model.embed_tokens.weight": "tok_embeddings.weight",
    [`${L}input_layernorm.weight`]: `${T}attention_norm.weight`,
    [`${L}self_attn.q_proj.weight`]: { from: `${T}attention.wq.weight`, rotaryPairs: heads },
    [`${L}self_attn.k_proj.weight`]: { from: `${T}attention.wk.weight`, rotaryPairs: kvHeads },
    [`${L}self_attn.v_proj.weight`]: `${T}attention.wv.weight`,
    [`${L}self_attn.o_proj.weight`]: `${T}attention.wo.weight`,
    [`${L}post_attention_layernorm.weight`]: `${T}ffn_norm.weight`,
    [`${L}mlp.gate_proj.weight`]: `${T}feed_forward.w1.weight`,
    [`${L}mlp.down_proj.weight`]: `${T}feed_forward.w2.weight`,
    [`${L}mlp.up_proj.weight`]: `${T}feed_forward.w3.weight`,
    "model.norm.weight": "norm.weight",
    ...(!tied && { "lm_head.weight": "output.weight" }),
  };
}

function checkedSizes<Schema extends z.ZodType>(
  schema: Schema,
  sizes: unknown,
  where: string,
): z.infer<Schema> {
  const reading = schema.safeParse(sizes);
  if (reading.success) return reading.data;
  const faults = faultSentences(reading.error.issues, Object(sizes) as Record<string, unknown>);
  const sentence = faults.map((fault) => fault.trim()).join("; ");
  throw new InputError("config", `${where} cannot be used: ${sentence}`);
}

const G = "transformer.h.{layer}.";
const B = "trf_blocks.{layer}.";

/** Whether these are the names of Raschka's "Build a Large Language Model (From Scratch)". */
export function isFromScratch({ weights }: Checkpoint): boolean {
  return ["trf_blocks.0.att.W_query.weight", "tok_emb.weight", "pos_emb.weight"].every((name) =>
    weights.has(name),
  );
}

/**
 * The GPT of "Build a Large Language Model (From Scratch)", whose file has no number of heads.
 *
 * @param sizes keys of config.json that the caller knows
 * @throws {InputError} "config" without `n_head`
 */
export function fromScratchPlan(
  { weights }: Checkpoint,
  path: string,
  sizes: Readonly<Record<string, unknown>>,
): WriterPlan {
  if (sizes.n_head === undefined)
    throw new InputError(
      "config",
      `${path} is a GPT of LLMs-from-scratch, whose file does not say how many heads it has; give it in \`map\`: {"config": {"n_head": 12}}`,
      { option: "map" },
    );
  const [vocab_size, n_embd] = weights.get("tok_emb.weight")!.shape;
  const layers = [...weights.keys()].filter((name) => /^trf_blocks\.\d+\.norm1\.scale$/.test(name));
  const part = (name: string) =>
    ["query", "key", "value"].map((each) => `${B}att.W_${each}.${name}`);
  const hasBias = weights.has("trf_blocks.0.att.W_query.bias");
  const both = (ours: string, theirs: string) => ({
    [`${ours}.weight`]: `${theirs}.weight`,
    [`${ours}.bias`]: `${theirs}.bias`,
  });
  const norm = (ours: string, theirs: string) => ({
    [`${ours}.weight`]: `${theirs}.scale`,
    [`${ours}.bias`]: `${theirs}.shift`,
  });
  return {
    config: {
      ...{ model_type: "gpt2", n_embd, vocab_size, n_layer: layers.length },
      n_positions: weights.get("pos_emb.weight")?.shape[0],
      ...{ activation_function: "gelu_new", tie_word_embeddings: false },
    },
    map: {
      names: {
        "transformer.wte.weight": "tok_emb.weight",
        "transformer.wpe.weight": "pos_emb.weight",
        [`${G}attn.c_attn.weight`]: { from: part("weight") },
        ...(hasBias && { [`${G}attn.c_attn.bias`]: { from: part("bias") } }),
        ...both(`${G}attn.c_proj`, `${B}att.out_proj`),
        ...both(`${G}mlp.c_fc`, `${B}ff.layers.0`),
        ...both(`${G}mlp.c_proj`, `${B}ff.layers.2`),
        ...norm(`${G}ln_1`, `${B}norm1`),
        ...norm(`${G}ln_2`, `${B}norm2`),
        ...norm("transformer.ln_f", "final_norm"),
        "lm_head.weight": "out_head.weight",
      },
      ignore: [`${B}att.mask`],
    },
    layout: "nanogpt",
    zeros: new Map(
      hasBias
        ? []
        : layers.map((_, layer) => [`transformer.h.${layer}.attn.c_attn.bias`, 3 * n_embd!]),
    ),
  };
}

/** Whether these are the names of nanochat's GPT. */
export function isNanochat({ weights }: Checkpoint): boolean {
  return weights.has("transformer.h.0.attn.c_q.weight") && weights.has("lm_head.weight");
}

/** `model_config` of nanochat's meta_STEP.json; what is not here may change what is computed. */
const nanochatSizes = z.strictObject({
  n_head: z.int().positive(),
  n_kv_head: z.int().positive(),
  sequence_len: z.int().positive(),
  // said by the tensors
  ...{
    n_layer: z.unknown().optional(),
    n_embd: z.unknown().optional(),
    vocab_size: z.unknown().optional(),
  },
});

function metaOf(path: string): string {
  return sizesFileOf(path.split(/[\\/]/).at(-1)!) ?? "the meta file";
}

const N = "transformer.h.{layer}.";

/**
 * nanochat's GPT, whose sizes are in meta_STEP.json beside model_STEP.pt.
 *
 * @param meta that file, if it is there
 * @param sizeOptions keys of config.json that the caller knows
 * @throws {InputError} "config" if neither says how many heads there are, or for keys of the file that are not known
 */
export function nanochatPlan(
  { weights }: Checkpoint,
  path: string,
  meta: unknown,
  sizeOptions: Readonly<Record<string, unknown>>,
): WriterPlan {
  const inner = (meta as { readonly model_config?: unknown } | undefined)?.model_config;
  if (inner === undefined && sizeOptions.num_attention_heads === undefined)
    throw new InputError(
      "config",
      `${path} is nanochat's, whose sizes are in meta_STEP.json beside model_STEP.pt; without it give them in \`map\`: {"config": {"num_attention_heads": 6, "max_position_embeddings": 2048}}`,
      { option: "map" },
    );
  const sizes =
    inner === undefined
      ? null
      : checkedSizes(nanochatSizes, inner, `model_config of ${metaOf(path)}`);
  const [vocab_size, hidden_size] = weights.get("transformer.wte.weight")?.shape ?? [];
  const rows = (name: string) => weights.get(`transformer.h.0.${name}.weight`)?.shape[0];
  const layers = [...weights.keys()].filter((name) =>
    /^transformer\.h\.\d+\.attn\.c_q\./.test(name),
  );
  return {
    config: {
      ...{ model_type: "nanochat", vocab_size, hidden_size, num_hidden_layers: layers.length },
      ...{ intermediate_size: rows("mlp.c_fc"), bos_token_id: null, eos_token_id: null },
      ...(sizes && {
        num_attention_heads: sizes.n_head,
        num_key_value_heads: sizes.n_kv_head,
        max_position_embeddings: sizes.sequence_len,
      }),
    },
    map: {
      names: {
        "model.embed_tokens.weight": "transformer.wte.weight",
        [`${L}self_attn.q_proj.weight`]: `${N}attn.c_q.weight`,
        [`${L}self_attn.k_proj.weight`]: `${N}attn.c_k.weight`,
        [`${L}self_attn.v_proj.weight`]: `${N}attn.c_v.weight`,
        [`${L}self_attn.o_proj.weight`]: `${N}attn.c_proj.weight`,
        [`${L}mlp.fc1.weight`]: `${N}mlp.c_fc.weight`,
        [`${L}mlp.fc2.weight`]: `${N}mlp.c_proj.weight`,
      },
    },
  };
}
