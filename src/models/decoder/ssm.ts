/**
 * @file A state-space layer from what a block reads to `hook_attn_out`: a causal convolution, a selective scan, a gate.
 *
 * The scan is y[q] = sum over k <= q of pattern[q, k] x[k], with pattern `ssm.hook_pattern`, as it is: signed, and not
 * normalised (Ali et al. 2024, arXiv:2403.01590). What heads are to attention, its units are here: channels of Mamba, heads of
 * Mamba-2. So that whatever reads heads reads them too, three values stand under attention's names: `attn.hook_v` is the
 * scan's input x, `attn.hook_z` its output, and `attn.hook_pattern` the shares |pattern[q, k]| / sum over k of |pattern[q, k]|,
 * which nothing reads.
 */
import type { Builder, Name } from "../../graph/builder.ts";
import type { SharedInputs } from "./attention.ts";
import { channelScan } from "./channelScan.ts";
import { headScan } from "./headScan.ts";
import { norm } from "./norms.ts";
import type { Layer } from "./scanParts.ts";
import type { SsmSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

export function ssm(
  b: Builder,
  w: WeightLookup,
  at: string,
  input: Name,
  spec: SsmSpec,
  shared: Pick<SharedInputs, "maskOf" | "earlier">,
): Name {
  const layer: Layer = {
    b,
    weight: (name) => requireWeight(w, `${at}.ssm.${name}`),
    optional: (name) => w(`${at}.ssm.${name}`),
    lookup: w,
    hook: (name) => `${at}.ssm.hook_${name}`,
    at,
    shared,
  };
  const { z, skip, gate } =
    spec.kind === "channels" ? channelScan(layer, input, spec) : headScan(layer, input, spec);
  const flat = b.op("mergeAxes", [b.add(z, skip)], { axes: ["head", "d_head"], into: "channel" });
  const gated = b.mul(flat, b.op("silu", [gate], {}, layer.hook("gate")), layer.hook("gated"));
  const normed = spec.kind === "heads" ? groupNorm(layer, gated, spec) : gated;
  return b.contract(normed, layer.weight("W_out"), ["batch", "position", "d_model"], {
    bias: layer.optional("b_out"),
    as: `${at}.hook_attn_out`,
  });
}

/** A norm over each of equal parts of the channels. */
function groupNorm(
  { b, at, lookup, optional }: Layer,
  x: Name,
  { groups, heads, dHead, norm: spec }: Extract<SsmSpec, { kind: "heads" }>,
): Name {
  const gain = optional("norm.w");
  const into = [
    { name: "part", size: groups },
    { name: "entry", size: (heads * dHead) / groups },
  ];
  const parts = b.op("splitAxis", [x], { axis: "channel", into });
  const none: WeightLookup = () => null;
  const normed = norm(b, gain ? none : lookup, `${at}.ssm.norm`, parts, spec);
  const whole = b.op("mergeAxes", [normed], { axes: ["part", "entry"], into: "channel" });
  return gain ? b.mul(whole, gain) : whole;
}
