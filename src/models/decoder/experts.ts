/**
 * @file A mixture of experts: a router sends each token to a few MLPs out of many. Only routed tokens are computed
 * (`routed`, src/graph/onnx/lowerRouted.ts), so an axis `slot` counts the experts of a token, and where it goes is data:
 * `mlp.hook_expert_indices` and `mlp.hook_expert_weights` [batch, position, slot] can be read, held and changed.
 */
import type { Builder, Name } from "../../graph/builder.ts";
import { activate, mlp } from "./mlp.ts";
import { number, times } from "./numbers.ts";
import type { ExpertsSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

const STREAM = ["batch", "position", "d_model"];
const SLOTS = ["batch", "position", "slot"];

/** `hook_mlp_out`: the chosen experts' outputs by their weights (or of inputs by their weights), and the shared expert's. */
export function experts(
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  spec: ExpertsSpec,
  as: Name,
): Name {
  const { indices, weights } = routes(b, w, at, x, spec);
  const each = (which: "gate" | "in" | "out", from: Name, hook: string) => {
    const matrices = Array.from({ length: spec.experts }, (_, expert) =>
      requireWeight(w, `${at}.experts.${expert}.W_${which}`),
    );
    const bias = w(`${at}.experts.b_${which}`); // [expert, ...]
    const product = b.op("routed", [from, indices, ...matrices], {}, bias ? undefined : hook);
    return bias ? b.add(product, b.gather(bias, indices), hook) : product;
  };
  const late = spec.router.weighs !== "inputs";
  const read = late ? x : b.contract(x, weights, [...SLOTS, "d_model"]);
  const pre = each("gate", read, `${at}.hook_pre`); // [batch, position, slot, d_mlp]
  const linear = each("in", read, `${at}.hook_pre_linear`);
  const post = activate(b, spec, pre, linear, `${at}.hook_post`);
  const outs = each("out", post, `${at}.hook_expert_outs`); // [batch, position, slot, d_model]
  const { shared } = spec;
  const own = shared ? undefined : as;
  const sum = late
    ? b.contract(outs, weights, STREAM, { as: own })
    : b.op("sum", [outs], { axes: ["slot"] }, own);
  return shared ? b.add(sum, sharedExpert(b, w, at, x, spec), as) : sum;
}

function sharedExpert(b: Builder, w: WeightLookup, at: string, x: Name, spec: ExpertsSpec): Name {
  const out = mlp(b, w, `${at}.shared`, x, { act: spec.act }, `${at}.shared.hook_out`);
  if (spec.shared !== "gated") return out;
  const gate = b.contract(x, requireWeight(w, `${at}.shared.W_share`), ["batch", "position"]);
  return b.mul(out, b.op("sigmoid", [gate], {}, `${at}.shared.hook_share`));
}

/** Which experts each token goes to, largest score first, and with which weights: [batch, position, slot]. */
function routes(
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  { router, perToken }: ExpertsSpec,
): { readonly indices: Name; readonly weights: Name } {
  const logits = b.contract(
    x,
    requireWeight(w, `${at}.W_router`),
    ["batch", "position", "expert"],
    {
      bias: w(`${at}.b_router`),
      as: `${at}.hook_router_logits`,
    },
  );
  const late = router.scores === "softmax of the chosen";
  const scores = late ? logits : scoreExperts(b, logits, router.scores);
  const correction = w(`${at}.router_correction`);
  const ranking = correction ? b.add(scores, correction) : scores;
  const open = router.groups ? bestGroups(b, ranking, router.groups) : ranking;
  const indices = b.op(
    "topK",
    [open],
    { count: perToken, into: "slot" },
    `${at}.hook_expert_indices`,
  );
  const chosen = b.op("pick", [scores, indices], {});
  const raw = late ? b.op("softmax", [chosen], { axis: "slot" }) : chosen;
  const even = router.normalised ? divideBySum(b, raw, router.normalised.eps) : raw;
  return { indices, weights: times(b, even, router.factor ?? 1, `${at}.hook_expert_weights`) };
}

function scoreExperts(b: Builder, logits: Name, scores: "sigmoid" | "softmax"): Name {
  return scores === "sigmoid"
    ? b.op("sigmoid", [logits], {})
    : b.op("softmax", [logits], { axis: "expert" });
}

function divideBySum(b: Builder, weights: Name, eps: number): Name {
  const sum = b.op("sum", [weights], { axes: ["slot"] });
  return b.op("div", [weights, eps === 0 ? sum : b.add(sum, number(b, eps))], {});
}

/** Scores with minus infinity in all but the best groups, a group's score being the sum of its largest few. */
function bestGroups(
  b: Builder,
  scores: Name,
  { count, topGroups, best }: NonNullable<ExpertsSpec["router"]["groups"]>,
): Name {
  const experts = Number(b.typeOf(scores).axes.at(-1)!.size);
  const into = [
    { name: "expert_group", size: count },
    { name: "member", size: experts / count },
  ];
  const split = b.op("splitAxis", [scores], { axis: "expert", into });
  const largest = b.op("topK", [split], { count: best, into: "place" });
  const total = b.op("sum", [b.op("pick", [split, largest], {})], { axes: ["place"] });
  const groups = b.op("topK", [total], { count: topGroups, into: "slot" }); // [batch, position, slot]
  const marks = b.op("oneHot", [groups], { axis: "expert_group", size: count });
  const open = b.op("sum", [marks], { axes: ["slot"] });
  const choose = b.op("greater", [b.op("stretch", [open, total], {}), number(b, 0.5)], {});
  const masked = b.op("where", [choose, split, number(b, -Infinity)], {});
  return b.op("mergeAxes", [masked], { axes: ["expert_group", "member"], into: "expert" });
}
