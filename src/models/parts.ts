/**
 * @file The parts that forward passes are written with: norm, attention, MLP. Values carry TransformerLens' hook names.
 * Every head of a layer is one axis; nothing is folded or centred.
 */
import type { Axis } from "../graph/axes.ts";
import type { Builder, Name } from "../graph/builder.ts";
import { activation, type ActivationName } from "./config/activation.ts";
import type { Rope } from "./config/rope.ts";

const STREAM = ["batch", "position", "d_model"];

/** Look-up of weights by our names: null for one that the model does not have, such as a bias. */
export type WeightLookup = (name: string) => Name | null;

/** A weight that the model must have. */
export function needed(w: WeightLookup, name: string): Name {
  const found = w(name);
  if (!found) throw new Error(`internal: weight ${name} is not in the map`);
  return found;
}

/** Token ids and, where asked for, positions: the inputs of every model. */
export function tokenInputs(b: Builder, vocabulary: number) {
  const sizes = { batch: "batch", position: "position" };
  return {
    tokens: b.input("tokens", "int32", sizes, { below: vocabulary }), // [batch, position]
    positions: () => b.input("positions", "int32", sizes, { fill: { kind: "count" } }), // [batch, position]
  };
}

/** Minus infinity where a key may not be seen, else 0: [query, key]. */
export function causalMask(b: Builder, window: number | null = null): Name {
  const name = window === null ? "causal_mask" : `causal_mask.${window}`;
  const sizes = { query: "position", key: "position" };
  return b.input(name, "float32", sizes, { fill: { kind: "causalMask", window } });
}

/** 1 where `from` is the position before, 0 elsewhere; the first position comes before itself: [from, position]. */
export function previousPosition(b: Builder): Name {
  const sizes = { from: "position", position: "position" };
  return b.input("previous_position", "float32", sizes, { fill: { kind: "previous" } });
}

/**
 * Smeared keys (Olsson et al. 2022): key j becomes s k[j] + (1 - s) k[j - 1], with s = sigmoid(smear) of each head.
 *
 * @param before from `previousPosition`
 */
export function smeared(b: Builder, keys: Name, smear: Name, before: Name): Name {
  const axes = ["batch", "position", "head", "d_head"];
  const share = b.op("sigmoid", [smear], {}); // [head]
  const earlier = b.contract(b.rename(keys, { position: "from" }), before, axes);
  const spread = b.op("stretch", [share, keys], {});
  return b.add(earlier, b.mul(b.op("sub", [keys, earlier], {}), spread));
}

/** cos and sin of every position: [position, rotary]. */
export function rotaryTables(b: Builder, { frequencies, factor }: Rope): readonly [Name, Name] {
  const table = (part: "cos" | "sin") =>
    b.input(
      `rotary_${part}`,
      "float32",
      { position: "position", rotary: frequencies.length },
      {
        fill: { kind: "rotary", part, frequencies, factor },
      },
    );
  return [table("cos"), table("sin")];
}

export interface NormOptions {
  readonly eps: number;
  /** LN: layer norm, RMS: root mean square norm (nothing is subtracted). */
  readonly kind: "LN" | "RMS";
}

/**
 * A norm over d_model. `hook_scale` is what x is divided by; `hook_normalized` is, as in TransformerLens, after gain
 * and bias for layer norm and before the gain for RMS norm.
 */
export function norm(
  b: Builder,
  lookup: WeightLookup,
  at: string,
  x: Name,
  { eps, kind }: NormOptions,
): Name {
  const [w, bias] = [lookup(`${at}.w`), lookup(`${at}.b`)];
  const how = { eps, center: kind === "LN" };
  const scale = b.op("scale", [x], how, `${at}.hook_scale`);
  if (kind === "LN") {
    const gains = w ? [w, ...(bias ? [bias] : [])] : [];
    return b.op("norm", [x, scale, ...gains], how, `${at}.hook_normalized`);
  }
  const normalized = b.op("norm", [x, scale], how, `${at}.hook_normalized`);
  return w ? b.op("gain", [normalized, w], {}, `${at}.gained`) : normalized;
}

export interface AttentionOptions {
  /** Query heads that share one key and value head. */
  readonly group: number;
  readonly scale: number;
  readonly mask: Name;
  readonly rotary?: { readonly tables: readonly [Name, Name]; readonly interleaved: boolean };
  /** Done to queries and keys before the rotation (Qwen3's norms). */
  readonly prepare?: ((x: Name, which: "q" | "k") => Name) | undefined;
}

/**
 * Attention from `input` (or from different inputs for q, k and v) to `hook_attn_out`, with the weights
 * `attn.W_Q`, `W_K`, `W_V` (axes d_model, head or, where keys are shared, kv_head, d_head), `W_O` and their biases.
 *
 * With grouped keys, query head h reads key head floor(h / group). `attn.hook_result` is there on request and leads
 * nowhere: what is changed there changes nothing, change `attn.hook_z`.
 */
export function attention(
  b: Builder,
  w: WeightLookup,
  at: string,
  input: Name | Readonly<Record<"q" | "k" | "v", Name>>,
  { group, scale, mask, rotary, prepare = (x) => x }: AttentionOptions,
): Name {
  const from = typeof input === "string" ? { q: input, k: input, v: input } : input;
  const kv = group === 1 ? "head" : "kv_head";
  const project = (which: "q" | "k" | "v", head: string) =>
    b.contract(
      from[which],
      needed(w, `${at}.attn.W_${which.toUpperCase()}`),
      ["batch", "position", head, "d_head"],
      {
        bias: w(`${at}.attn.b_${which.toUpperCase()}`),
        as: `${at}.attn.hook_${which}`,
      },
    );
  const rotate = (x: Name, which: "q" | "k") =>
    rotary
      ? b.op(
          "rotary",
          [x, ...rotary.tables],
          { interleaved: rotary.interleaved },
          `${at}.attn.hook_rot_${which}`,
        )
      : x;
  const [q, k, v] = [project("q", "head"), project("k", kv), project("v", kv)];
  const queries = grouped(b, b.rename(rotate(prepare(q, "q"), "q"), { position: "query" }), group);
  const keys = b.rename(rotate(prepare(k, "k"), "k"), { position: "key" });
  const heads = group === 1 ? ["head"] : ["kv_head", "group"];
  const raw = ungrouped(
    b,
    b.contract(queries, keys, ["batch", ...heads, "query", "key"], { scale }),
    group,
  );
  const scores = b.add(raw, mask, `${at}.attn.hook_attn_scores`); // [batch, head, query, key]
  const pattern = b.op("softmax", [scores], { axis: "key" }, `${at}.attn.hook_pattern`);
  const mixed = b.contract(grouped(b, pattern, group), b.rename(v, { position: "key" }), [
    "batch",
    "query",
    ...heads,
    "d_head",
  ]);
  const z = b.rename(ungrouped(b, mixed, group), { query: "position" }, `${at}.attn.hook_z`); // [batch, position, head, d_head]
  const W_O = needed(w, `${at}.attn.W_O`);
  b.contract(z, W_O, ["batch", "position", "head", "d_model"], { as: `${at}.attn.hook_result` });
  return b.contract(z, W_O, STREAM, { bias: w(`${at}.attn.b_O`), as: `${at}.hook_attn_out` });
}

function grouped(b: Builder, x: Name, group: number): Name {
  if (group === 1) return x;
  const heads = b.typeOf(x).axes.find(({ name }) => name === "head")!.size as number;
  const into: Axis[] = [
    { name: "kv_head", size: heads / group },
    { name: "group", size: group },
  ];
  return b.op("splitAxis", [x], { axis: "head", into });
}

function ungrouped(b: Builder, x: Name, group: number): Name {
  return group === 1 ? x : b.op("mergeAxes", [x], { axes: ["kv_head", "group"], into: "head" });
}

/**
 * act(x W_in + b) W_out + b; gated, where the model has `mlp.W_gate`: (act(x W_gate) * (x W_in)) W_out.
 */
export function mlp(b: Builder, w: WeightLookup, at: string, x: Name, act: ActivationName): Name {
  const inner = (which: string, hook: string) =>
    b.contract(x, needed(w, `${at}.mlp.W_${which}`), ["batch", "position", "d_mlp"], {
      bias: w(`${at}.mlp.b_${which}`),
      as: `${at}.mlp.${hook}`,
    });
  const post = w(`${at}.mlp.W_gate`)
    ? b.mul(
        activation(b, act, inner("gate", "hook_pre")),
        inner("in", "hook_pre_linear"),
        `${at}.mlp.hook_post`,
      )
    : activation(b, act, inner("in", "hook_pre"), `${at}.mlp.hook_post`);
  return b.contract(post, needed(w, `${at}.mlp.W_out`), STREAM, {
    bias: w(`${at}.mlp.b_out`),
    as: `${at}.hook_mlp_out`,
  });
}

/** `logits`: [batch, position, d_vocab]; W_E serves as W_U where the model ties them. */
export function unembed(b: Builder, w: WeightLookup, x: Name): Name {
  const W_U = w("unembed.W_U") ?? needed(w, "embed.W_E");
  return b.contract(x, W_U, ["batch", "position", "d_vocab"], {
    bias: w("unembed.b_U"),
    as: "logits",
  });
}
