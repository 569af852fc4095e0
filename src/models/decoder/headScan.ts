/** @file Mamba-2's scan, as the product of its pattern and what it reads: one rate for each head. */
import type { Name } from "../../graph/builder.ts";
import type { HeadScanSpec } from "./spec.ts";
import {
  beside,
  convolve,
  projectScan,
  rates,
  shares,
  type Layer,
  type ScanOutput,
} from "./scanParts.ts";

/** z[q] = sum over k of pattern[q, k] x[k] for each head. */
export function headScan(layer: Layer, input: Name, spec: HeadScanSpec): ScanOutput {
  const { b, at, hook, weight } = layer;
  const { heads, dHead, groups, states } = spec;
  const conv = convolve(layer, projectScan(layer, input, "in", hook("conv_in")), spec);
  const [inner, shared] = [heads * dHead, groups * states];
  const part = (
    start: number,
    width: number,
    outer: string,
    count: number,
    last: string,
    as?: Name,
  ) =>
    b.op(
      "splitAxis",
      [b.op("slice", [conv], { axis: "conv", start, end: start + width })],
      {
        axis: "conv",
        into: [
          { name: outer, size: count },
          { name: last, size: width / count },
        ],
      },
      as,
    );
  const values = part(0, inner, "head", heads, "d_head", hook("x"));
  const x = b.rename(values, {}, `${at}.attn.hook_v`);
  const B = part(inner, shared, "group", groups, "state", hook("B"));
  const C = part(inner + shared, shared, "group", groups, "state", hook("C"));
  const pattern = patternOf(layer, { dt: timeSteps(layer, input, spec), B, C }, spec);
  shares(layer, pattern);
  const mixed = b.contract(pattern, b.rename(x, { position: "key" }), [
    "batch",
    "query",
    "head",
    "d_head",
  ]);
  const scan = b.rename(mixed, { query: "position" }, hook("scan"));
  return {
    z: b.rename(scan, {}, `${at}.attn.hook_z`),
    skip: b.mul(values, beside(b, weight("D"), "head", "d_head")),
    gate: projectScan(layer, input, "gate", hook("gate_pre")),
  };
}

/** softplus(input + bias), within the limits: [batch, position, head]. */
function timeSteps(
  { b, hook, weight, ...layer }: Layer,
  input: Name,
  { limits }: HeadScanSpec,
): Name {
  const raw = b.add(projectScan({ b, hook, weight, ...layer }, input, "dt"), weight("dt_bias"));
  const [low, high] = limits;
  const bounds = { ...(low > 0 && { low }), ...(high < Infinity && { high }) };
  const soft = b.op("softplus", [raw], {});
  return low > 0 || high < Infinity
    ? b.op("clamp", [soft], bounds, hook("dt"))
    : b.rename(soft, {}, hook("dt"));
}

/**
 * pattern[head, q, k] = C[q] . B[k] exp(A (dt[k + 1] + ... + dt[q])) dt[k], of the head's group: [batch, head, query, key]. The
 * sums are added up from k on for each k, so nothing small is the difference of two large numbers.
 */
function patternOf(
  layer: Layer,
  { dt, B, C }: { readonly dt: Name; readonly B: Name; readonly C: Name },
  { heads, groups }: HeadScanSpec,
): Name {
  const { b, hook, shared } = layer;
  const ratesOf = (x: Name, position: "query" | "key") =>
    b.op("transpose", [b.rename(x, { position })], { axes: ["batch", "head", position] });
  const rate = beside(b, ratesOf(b.mul(dt, rates(layer)), "query"), "query", "key");
  const since = b.op("cumulate", [b.mul(rate, shared.earlier())], { axis: "query" });
  const decay = b.op("exp", [b.add(since, shared.maskOf({ heads })[0]!)], {}); // [batch, head, query, key]
  const weights = b.mul(decay, beside(b, ratesOf(dt, "key"), "key", "query", true));
  const products = b.contract(
    b.rename(C, { position: "query" }),
    b.rename(B, { position: "key" }),
    ["batch", "group", "query", "key"],
  );
  const into = [
    { name: "group", size: groups },
    { name: "member", size: heads / groups },
  ];
  const grouped = b.op("splitAxis", [weights], { axis: "head", into });
  const pattern = b.mul(grouped, beside(b, products, "group", "member"));
  return b.op("mergeAxes", [pattern], { axes: ["group", "member"], into: "head" }, hook("pattern"));
}
