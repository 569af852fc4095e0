/** @file Attention, from what a block reads to `hook_attn_out`. Every head of a layer is one axis; nothing is folded. */
import type { Axis } from "../../graph/axes.ts";
import type { Builder, Name } from "../../graph/builder.ts";
import type { Rope } from "../config/rope.ts";
import { queryKeyNorm } from "./norms.ts";
import { softcap } from "./numbers.ts";
import { clipValues, projections, type Three, type Which } from "./projections.ts";
import { smearKeys } from "./smearedKeys.ts";
import type { AttentionSpec, MaskSpec, QueryKeyNorm, TemperatureSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

/** What the layers of a model share: inputs that depend on positions. */
export interface SharedInputs {
  /** What is added to scores, one after the other. */
  readonly maskOf: (attention: MaskSpec) => readonly Name[];
  /** Whether the key comes before the query, as 1 or 0. */
  readonly earlier: () => Name;
  readonly tablesOf: (rope: Rope) => readonly [Name, Name];
  readonly temperatureOf: (spec: TemperatureSpec) => Name;
  /** From `previousPosition`; null where no layer smears its keys. */
  readonly before: Name | null;
}

/** Attention of a stack to itself, or to what an encoder gives. */
export type AttentionPart = "attn" | "cross_attn";

/**
 * Attention from `input` to `hook_attn_out` (or `hook_cross_attn_out`). With shared keys, query head h reads key head floor(h / group).
 *
 * `hook_q`, `hook_k` are what the projections give, before norms, clipping and rotation; `hook_v` is what the pattern mixes,
 * after clipping. `hook_result` is there on request and leads nowhere: what is changed there changes nothing, change `hook_z`.
 */
export function attention(
  b: Builder,
  w: WeightLookup,
  at: string,
  input: Three,
  spec: AttentionSpec,
  shared: SharedInputs,
  partName: AttentionPart = "attn",
): Name {
  const own = `${at}.${partName}`;
  const hook = (name: string) => `${own}.hook_${name}`;
  const group = spec.heads / spec.kvHeads;
  const heads = group === 1 ? ["head"] : ["kv_head", "group"];
  const { q, k, v } = projections(b, w, own, input, spec); // [batch, position, head, d_head]
  const [queries, keys] = scoreInputs(b, w, own, { q, k }, spec, shared);
  const raw = b.contract(groupHeads(b, queries, group), keys, ["batch", ...heads, "query", "key"], {
    scale: spec.scale,
  });
  const each = mergeGroups(b, raw, group); // [batch, head, query, key]
  const capped = spec.softcap ? softcap(b, each, spec.softcap) : each;
  const scores = maskScores(
    b,
    capped,
    partName === "attn" ? shared.maskOf(spec) : [],
    hook("attn_scores"),
  );
  const pattern = spec.sinks
    ? besideSink(b, scores, requireWeight(w, `${own}.sinks`), hook)
    : b.op("softmax", [scores], { axis: "key" }, hook("pattern"));
  const values = b.rename(v, { position: "key" });
  const mixed = b.contract(groupHeads(b, pattern, group), values, [
    "batch",
    "query",
    ...heads,
    "d_head",
  ]);
  const z = b.rename(mergeGroups(b, mixed, group), { query: "position" }, hook("z")); // [batch, position, head, d_head]
  const W_O = requireWeight(w, `${own}.W_O`);
  b.contract(z, W_O, ["batch", "position", "head", "d_model"], { as: hook("result") });
  const bias = w(`${own}.b_O`);
  return b.contract(z, W_O, ["batch", "position", "d_model"], {
    bias,
    as: `${at}.hook_${partName}_out`,
  });
}

/** Queries and keys as they are multiplied: [batch, query, head, d_head] and [batch, key, head, d_head]. */
function scoreInputs(
  b: Builder,
  w: WeightLookup,
  own: string,
  { q, k }: Pick<Three, "q" | "k">,
  spec: AttentionSpec,
  { tablesOf, temperatureOf, before }: SharedInputs,
): readonly [queries: Name, keys: Name] {
  const rotate = (x: Name, which: Which) =>
    rotateInput(b, x, spec, tablesOf, `${own}.hook_rot_${which}`);
  const prepare = (x: Name, which: Which) => {
    const rotation = rotate(prepareInput(b, w, own, x, which, spec, before), which);
    return normIf("after rotation", b, w, `${own}.${which}_norm`, rotation, spec);
  };
  const { temperature } = spec;
  const factor = temperature ? temperatureOf(temperature) : null; // [position]
  const final = prepare(q, "q");
  const queries = b.rename(factor ? b.mul(final, factor) : final, { position: "query" });
  return [queries, b.rename(prepare(k, "k"), { position: "key" })];
}

/** Scores with all that is added to them, as the value `as`. */
function maskScores(b: Builder, scores: Name, masks: readonly Name[], as: Name): Name {
  if (masks.length === 0) return b.rename(scores, {}, as);
  return masks.reduce(
    (sum, mask, at) => b.add(sum, mask, at === masks.length - 1 ? as : undefined),
    scores,
  );
}

/** The norm of queries or keys where it stands here; else x itself. */
function normIf(
  place: QueryKeyNorm["place"],
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  { norm }: AttentionSpec,
): Name {
  return norm && norm.place === place ? queryKeyNorm(b, w, at, x, norm) : x;
}

/** Norm, clipping and smearing of queries or keys, in this order. */
function prepareInput(
  b: Builder,
  w: WeightLookup,
  own: string,
  x: Name,
  which: Which,
  spec: AttentionSpec,
  before: Name | null,
): Name {
  const normed = normIf(undefined, b, w, `${own}.${which}_norm`, x, spec);
  const current = clipValues(b, normed, spec);
  return spec.smearedKeys && before && which === "k"
    ? smearKeys(b, current, requireWeight(w, `${own}.smear`), before)
    : current;
}

/** The whole of x, or with latent attention its last entries, turned by its position. */
function rotateInput(
  b: Builder,
  x: Name,
  { rotary, latent }: AttentionSpec,
  tablesOf: SharedInputs["tablesOf"],
  as: Name,
): Name {
  if (!rotary) return x;
  const { rope, interleaved } = rotary;
  const turn = (part: Name, name?: Name) =>
    b.op("rotary", [part, ...tablesOf(rope)], { interleaved }, name);
  const end = Number(b.typeOf(x).axes.at(-1)!.size);
  const start = latent ? end - latent.rotated : 0;
  if (start === 0) return turn(x, as);
  const part = (from: number, to: number) =>
    b.op("slice", [x], { axis: "d_head", start: from, end: to });
  return b.op("concat", [part(0, start), turn(part(start, end))], { axis: "d_head" }, as);
}

/**
 * Attention with a sink s for each head: A[q, k] = exp(score[q, k]) / (sum over keys of exp(score) + exp(s)). `hook_sink` is
 * the share 1 - sum of A[q, k] that goes to no key: [batch, head, query].
 */
function besideSink(b: Builder, scores: Name, sinks: Name, hook: (name: string) => Name): Name {
  const total = b.op("logSumExp", [scores], { axis: "key" }); // [batch, head, query]
  const lead = b.op("sub", [b.op("stretch", [sinks, total], {}), total], {});
  const share = b.op("sigmoid", [lead], {}, hook("sink"));
  const rest = b.op("sub", [b.constant("number 1", {}, [1]), share], {});
  return b.mul(b.op("softmax", [scores], { axis: "key" }), rest, hook("pattern"));
}

function groupHeads(b: Builder, x: Name, group: number): Name {
  if (group === 1) return x;
  const heads = b.typeOf(x).axes.find(({ name }) => name === "head")!.size as number;
  const into: Axis[] = [
    { name: "kv_head", size: heads / group },
    { name: "group", size: group },
  ];
  return b.op("splitAxis", [x], { axis: "head", into });
}

function mergeGroups(b: Builder, x: Name, group: number): Name {
  return group === 1 ? x : b.op("mergeAxes", [x], { axes: ["kv_head", "group"], into: "head" });
}
