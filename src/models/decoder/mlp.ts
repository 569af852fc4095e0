/** @file The part of a block that looks at one position at a time. */
import type { Builder, Name } from "../../graph/builder.ts";
import { activation, type ActivationName } from "../config/activation.ts";
import { number } from "./numbers.ts";
import type { MlpSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";
import { xielu } from "./xielu.ts";

/**
 * act(x W_in + b) W_out + b; gated, where the model has `W_gate`: (act(x W_gate) * (x W_in)) W_out.
 *
 * @param at where its weights and hooks are, as `blocks.0.mlp`
 */
export function mlp(
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  spec: MlpSpec,
  as: Name,
): Name {
  const inner = (which: string, hook: string) =>
    b.contract(x, requireWeight(w, `${at}.W_${which}`), ["batch", "position", "d_mlp"], {
      bias: w(`${at}.b_${which}`),
      as: `${at}.${hook}`,
    });
  const gated = w(`${at}.W_gate`) !== null;
  const [pre, linear] = gated
    ? [inner("gate", "hook_pre"), inner("in", "hook_pre_linear")]
    : [inner("in", "hook_pre"), null];
  const [{ act }, hook] = [spec, `${at}.hook_post`];
  const post =
    act === "xielu"
      ? xielu(b, w, `${at}.act`, pre, hook)
      : activate(b, { ...spec, act }, pre, linear, hook);
  return b.contract(post, requireWeight(w, `${at}.W_out`), ["batch", "position", "d_model"], {
    bias: w(`${at}.b_out`),
    as,
  });
}

/** act(pre), times the linear part where there is one. */
export function activate(
  b: Builder,
  { act, clamped }: MlpSpec & { readonly act: ActivationName },
  pre: Name,
  linear: Name | null,
  as: Name,
): Name {
  if (!linear) return activation(b, act, pre, as);
  if (!clamped) return b.mul(activation(b, act, pre), linear, as);
  const { limit, alpha } = clamped;
  const gate = b.op("silu", [b.op("clamp", [pre], { high: limit })], { beta: alpha });
  const within = b.op("clamp", [linear], { low: -limit, high: limit });
  return b.mul(gate, b.add(within, number(b, 1)), as);
}
