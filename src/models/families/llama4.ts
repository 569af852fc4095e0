/** @file Llama 4's text model: rows cut into chunks where layers turn, all of the row where they do not; experts by sigmoid. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import type { ExpertsSpec, QueryKeyNorm, TemperatureSpec } from "../decoder/spec.ts";
import type { ExpertNames } from "../names/moduleNames.ts";
import { checkedExperts, expertsIn } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { checkLayerTypes, family, windowsOf, type RowContext } from "./row.ts";

const schema = z.object({
  ...llamaKeys,
  num_hidden_layers: z.int().positive().default(48),
  num_attention_heads: z.int().positive().default(40),
  num_key_value_heads: z.int().positive().nullable().default(8),
  head_dim: z.int().positive().nullable().default(128),
  hidden_size: z.int().positive().default(5120),
  /** Of an expert, and of the one that every token goes to. */
  intermediate_size: z.int().positive().default(8192),
  intermediate_size_mlp: z.int().positive().default(16384),
  vocab_size: z.int().positive().default(202048),
  max_position_embeddings: z.int().positive().default(131072),
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
  num_local_experts: z.int().positive().default(16),
  num_experts_per_tok: z.int().positive().default(1),
  /** Layers with experts; left out: every `interleave_moe_layer_step`-th. */
  moe_layers: z.array(z.int()).nullish(),
  interleave_moe_layer_step: z.int().positive().default(1),
  use_qk_norm: z.boolean().default(true),
  /** 1 for a layer that turns; empty or left out: all but every `no_rope_layer_interval`-th. */
  no_rope_layers: z.array(z.int()).nullish(),
  no_rope_layer_interval: z.int().positive().default(4),
  attention_chunk_size: z.int().positive().nullable().default(8192),
  layer_types: z.array(z.enum(["full_attention", "chunked_attention"])).nullish(),
  /** Early files have a number. */
  attn_temperature_tuning: z.union([z.boolean(), z.number()]).default(true),
  floor_scale: z.number().positive().default(8192),
  attn_scale: z.number().default(0.1),
  output_router_logits: z.unknown().optional(),
  router_aux_loss_coef: z.unknown().optional(),
  router_jitter_noise: z.unknown().optional(),
});

type Config = z.infer<typeof schema>;

const AT = "feed_forward.";
const names = (of: string) => ({
  gate: `${of}gate_proj`,
  in: `${of}up_proj`,
  out: `${of}down_proj`,
});

export const llama4Text = family("llama4_text", schema, (c, context) => {
  const { rotary = null, ...attention } = llamaAttention(c, { theta: 5e5, interleaved: true });
  const turns = turning(c);
  const chunks = chunksOf(c, turns);
  const others = turns.map((turn, layer) => ({
    chunk: chunks[layer]!,
    ...(turn ? { rotary, norm: normOf(c) } : { temperature: temperatureOf(c) }),
  }));
  const row = llamaRow(c, attention, {
    byLayer: { others },
    mlp: mlpOf(c),
    names: {
      biases: { qkv: c.attention_bias, o: c.attention_bias },
      mlp: names(AT),
      experts: {
        router: `${AT}router`,
        each: expertsOf(context),
        shared: names(`${AT}shared_expert.`),
      },
    },
  });
  const { intermediate_size: d_expert, intermediate_size_mlp: d_mlp } = c;
  return { ...row, sizes: { d_mlp, d_expert, d_shared: d_expert } };
});

/** Two stacks in the files of its makers, one by one in those of some quantisers. */
function expertsOf({ has }: RowContext): ExpertNames["each"] {
  if (has(`${AT}experts.0.gate_proj.weight`))
    return { kind: "each", ...names(`${AT}experts.{expert}.`) };
  const [gateIn, out] = [`${AT}experts.gate_up_proj`, `${AT}experts.down_proj`];
  return { kind: "transposed", gateIn, out };
}

function turning({ no_rope_layers: turns, num_hidden_layers: layers, ...c }: Config): boolean[] {
  if (turns && turns.length > 0 && turns.length < layers)
    throw new InputError("config", `no_rope_layers needs ${layers} entries, got ${turns.length}`);
  return Array.from({ length: layers }, (_, layer) =>
    turns && turns.length > 0 ? turns[layer] !== 0 : (layer + 1) % c.no_rope_layer_interval !== 0,
  );
}

/** Layers that turn are cut into chunks, unless `layer_types` says otherwise. */
function chunksOf(
  { layer_types: types, attention_chunk_size: size, num_hidden_layers: layers }: Config,
  turns: readonly boolean[],
): (number | null)[] {
  if (!types) return turns.map((turn) => (turn ? size : null));
  checkLayerTypes(types, layers);
  return windowsOf(types, size, "attention_chunk_size");
}

function normOf(c: Config): QueryKeyNorm | null {
  return c.use_qk_norm
    ? { kind: "RMS", eps: c.rms_norm_eps, over: "head", place: "after rotation" }
    : null;
}

function temperatureOf(c: Config): TemperatureSpec | null {
  return c.attn_temperature_tuning ? { first: 1, floor: c.floor_scale, scale: c.attn_scale } : null;
}

function mlpOf(c: Config) {
  const experts: ExpertsSpec = {
    act: c.hidden_act,
    experts: c.num_local_experts,
    perToken: c.num_experts_per_tok,
    router: { scores: "sigmoid", weighs: "inputs" },
    shared: "plain",
  };
  const step = c.interleave_moe_layer_step;
  const has = (layer: number) => c.moe_layers?.includes(layer) ?? (layer + 1) % step === 0;
  return expertsIn(has, checkedExperts(experts, "num_local_experts", "num_experts_per_tok"), {
    act: c.hidden_act,
  });
}
