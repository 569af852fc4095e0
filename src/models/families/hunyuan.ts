/** @file Hunyuan 1: LLaMA with norms of queries and keys after they are turned; with experts beside an MLP for all tokens, or without. */
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";
import type { Family } from "../family.ts";
import type { AttentionSpec } from "../decoder/spec.ts";
import { checkedExperts, expertTensors } from "./expertRows.ts";
import { llamaAttention, llamaKeys, llamaRow } from "./llamaLike.ts";
import { family } from "./row.ts";

type Json = Readonly<Record<string, unknown>>;

const keys = {
  ...llamaKeys,
  rms_norm_eps: z.number().positive().default(1e-5),
  attention_bias: z.boolean().default(false),
  pretraining_tp: z.unknown().optional(),
};

const NORMS = { qNorm: "self_attn.query_layernorm", kNorm: "self_attn.key_layernorm" };

type Keys = z.infer<z.ZodObject<typeof keys>>;

function attentionOf(c: Keys): AttentionSpec {
  const norm = { kind: "RMS", eps: c.rms_norm_eps, over: "head", place: "after rotation" } as const;
  return { ...llamaAttention(c), norm };
}

const namesOf = ({ attention_bias: bias }: Keys) => ({ ...NORMS, biases: { qkv: bias, o: bias } });

const dense = family("hunyuan_v1_dense", z.object(keys), (c) =>
  llamaRow(c, attentionOf(c), { names: namesOf(c) }),
);

const counts = z.union([z.int().positive(), z.array(z.int().positive()).min(1)]);
const moeSchema = z.object({
  ...keys,
  num_experts: z.int().positive().default(1),
  moe_topk: counts.default(1),
  output_router_logits: z.unknown().optional(),
});

const moe = family("hunyuan_v1_moe", moeSchema, (c, context) => {
  const [experts, each] = [c.num_experts, c.moe_topk];
  if (Array.isArray(each) && each.length < c.num_hidden_layers)
    throw new InputError(
      "config",
      `moe_topk needs ${c.num_hidden_layers} entries, got ${each.length}`,
    );
  const router = { scores: "softmax", normalised: { eps: 0 } } as const;
  const mlp = (layer: number) => {
    const perToken = Array.isArray(each) ? each[layer]! : each;
    const spec = { act: c.hidden_act, experts, perToken, router, shared: "plain" } as const;
    return checkedExperts(spec, "num_experts", "moe_topk");
  };
  const at = "mlp.shared_mlp.";
  const shared = { gate: `${at}gate_proj`, in: `${at}up_proj`, out: `${at}down_proj` };
  const tensors = { router: "mlp.gate.wg", each: expertTensors(context), shared };
  const row = llamaRow(c, attentionOf(c), { mlp, names: { ...namesOf(c), experts: tensors } });
  const d_mlp = c.intermediate_size;
  return { ...row, sizes: { d_mlp, d_expert: d_mlp, d_shared: d_mlp } };
});

export const hunyuanDense = withFixedBase(dense);
export const hunyuanMoe = withFixedBase(moe);

/**
 * What its files call `dynamic` with an `alpha` depends on no length: theta alpha^(d / (d - 2)), d the size of a head, is the base
 * of every run, and the other numbers beside it change nothing.
 */
function withFixedBase(whole: Family): Family {
  return (json, checkpoint, options) => {
    const name = isObject(json["rope_parameters"]) ? "rope_parameters" : "rope_scaling";
    const rope: Json = isObject(json[name]) ? (json[name] as Json) : {};
    const { alpha, rope_type: kind = rope["type"], rope_theta: own = json["rope_theta"] } = rope;
    const isFixed = kind === "dynamic" && alpha !== undefined && alpha !== null && alpha !== 0;
    if (!isFixed) return whole(json, checkpoint, options);
    const [theta, size] = [own ?? 10_000, json["head_dim"] ?? sharedWidth(json)];
    if (!isPositive(alpha) || !isPositive(theta) || !isPositive(size))
      throw new InputError("config", "alpha, rope_theta and head_dim must be numbers above 0");
    const base = theta * alpha ** (size / (size - 2));
    const { rope_theta: _, rope_scaling: __, ...rest } = json;
    const plain = { rope_type: "default", rope_theta: base };
    return whole({ ...rest, rope_parameters: plain }, checkpoint, options);
  };
}

const isPositive = (value: unknown): value is number => typeof value === "number" && value > 0;

function sharedWidth({ hidden_size: width, num_attention_heads: heads }: Json): unknown {
  return isPositive(width) && isPositive(heads) ? width / heads : null;
}
