/** @file Queries, keys and values of all heads: from one matrix each, or from DeepSeek's low-rank vectors. */
import type { Builder, Name } from "../../graph/builder.ts";
import { norm } from "./norms.ts";
import type { AttentionSpec, LatentSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

export type Which = "q" | "k" | "v";
export type Three = Readonly<Record<Which, Name>>;

/** @param at the attention, as `blocks.0.attn` @returns `hook_q` [batch, position, head, d_head], `hook_k` and `hook_v` (within its bounds), with kv_head in place of head where heads share keys. */
export function projections(
  b: Builder,
  w: WeightLookup,
  at: string,
  input: Three,
  spec: AttentionSpec,
): Three {
  const { heads, kvHeads, latent } = spec;
  if (latent) return latentProjections(b, w, at, input, latent);
  const kv = kvHeads === heads ? "head" : "kv_head";
  const project = (which: Which, head: string, as?: string) =>
    projectInput(b, w, at, which, input[which], head, as);
  const v = project("v", kv, spec.clip ? `${at}.v` : undefined);
  return {
    q: project("q", "head"),
    k: project("k", kv),
    v: clipValues(b, v, spec, `${at}.hook_v`),
  };
}

/** Kept within bounds, as the value `as`; x itself where there are none. */
export function clipValues(b: Builder, x: Name, { clip }: AttentionSpec, as?: Name): Name {
  return clip ? b.op("clamp", [x], { low: -clip, high: clip }, as) : x;
}

function projectInput(
  b: Builder,
  w: WeightLookup,
  at: string,
  which: Which,
  x: Name,
  head: string,
  as = `${at}.hook_${which}`,
): Name {
  const matrix = requireWeight(w, `${at}.W_${which.toUpperCase()}`);
  const bias = w(`${at}.b_${which.toUpperCase()}`);
  return b.contract(x, matrix, ["batch", "position", head, "d_head"], { bias, as });
}

/**
 * DeepSeek-V2's multi-head latent attention (arXiv:2405.04434, section 2.1): c = norm(x W_KV_down), keys are W_K c beside a
 * part x W_K_rot that all heads share and that alone is turned, values are W_V c; queries are W_Q norm(x W_Q_down).
 */
function latentProjections(
  b: Builder,
  w: WeightLookup,
  at: string,
  input: Three,
  { queryRank, eps }: LatentSpec,
): Three {
  const down = (which: Which, name: "Q" | "KV") => {
    const axes = ["batch", "position", name === "Q" ? "q_rank" : "kv_rank"];
    const bias = w(`${at}.b_${name}_down`);
    const low = b.contract(input[which], requireWeight(w, `${at}.W_${name}_down`), axes, { bias });
    return norm(b, w, `${at}.${name.toLowerCase()}_down_norm`, low, { kind: "RMS", eps });
  };
  const queries = queryRank === null ? input.q : down("q", "Q");
  const low = down("k", "KV");
  const fixed = projectInput(b, w, at, "k", low, "head", `${at}.k_fixed`);
  const shared = b.contract(
    input.k,
    requireWeight(w, `${at}.W_K_rot`),
    ["batch", "position", "d_head"],
    {
      bias: w(`${at}.b_K_rot`),
    },
  );
  const q = projectInput(b, w, at, "q", queries, "head");
  const turning = b.op("stretch", [shared, slicedLike(b, q, shared)], {}); // [batch, position, head, d_head]
  const k = b.op("concat", [fixed, turning], { axis: "d_head" }, `${at}.hook_k`);
  return { q, k, v: projectInput(b, w, at, "v", low, "head") };
}

/** The last entries of each query, as many as the shared part of a key has. */
function slicedLike(b: Builder, q: Name, shared: Name): Name {
  const width = (name: Name) => Number(b.typeOf(name).axes.at(-1)!.size);
  const [end, count] = [width(q), width(shared)];
  return b.op("slice", [q], { axis: "d_head", start: end - count, end });
}
