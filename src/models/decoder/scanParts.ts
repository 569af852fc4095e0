/** @file What the scans of both kinds of state-space layers are written with. */
import type { Builder, Name } from "../../graph/builder.ts";
import { activation } from "../config/activation.ts";
import type { SharedInputs } from "./attention.ts";
import { times } from "./numbers.ts";
import type { SsmSpec } from "./spec.ts";
import type { WeightLookup } from "./weights.ts";

/** What a layer's scan is written with. */
export interface Layer {
  readonly b: Builder;
  /** Weights and hooks of this layer's mixer. */
  readonly weight: (name: string) => Name;
  readonly optional: (name: string) => Name | null;
  readonly lookup: WeightLookup;
  readonly hook: (name: string) => string;
  /** `blocks.0`. */
  readonly at: string;
  readonly shared: Pick<SharedInputs, "maskOf" | "earlier">;
}

/** y after the scan, and what is added to it and multiplied with it. */
export interface ScanOutput {
  /** [batch, position, head, d_head] */
  readonly z: Name;
  /** The scan's input times D, [batch, position, head, d_head]. */
  readonly skip: Name;
  readonly gate: Name;
}

/** act(convolution + bias), each channel by itself. */
export function convolve({ b, weight, optional, hook }: Layer, x: Name, spec: SsmSpec): Name {
  const mixed = b.op("convolve", [x, weight("W_conv")], { axis: "position" });
  const bias = optional("b_conv");
  return activation(b, spec.act, bias ? b.add(mixed, bias) : mixed, hook("conv"));
}

/** A product with a matrix of the mixer, and its bias where it has one. */
export function projectScan(
  { b, weight, optional }: Layer,
  x: Name,
  which: string,
  as?: Name,
): Name {
  const matrix = weight(`W_${which}`);
  const axis = b
    .typeOf(matrix)
    .axes.map(({ name }) => name)
    .find((name) => name !== lastOf(b, x))!;
  const bias = optional(`b_${which}`);
  return b.contract(x, matrix, ["batch", "position", axis], { bias, as });
}

function lastOf(b: Builder, x: Name): string {
  return b.typeOf(x).axes.at(-1)!.name;
}

/** -exp(A_log): rates at which states decay, all below 0. */
export function rates({ b, weight }: Layer): Name {
  return times(b, b.op("exp", [weight("A_log")], {}), -1);
}

/** `axis` with an axis of size 1 called `name` after it (or before it). */
export function beside(b: Builder, x: Name, axis: string, name: string, before = false): Name {
  const own = b.typeOf(x).axes.find((other) => other.name === axis)!;
  const unit = { name, size: 1 };
  return b.op("splitAxis", [x], { axis, into: before ? [unit, own] : [own, unit] });
}

/** |pattern| / its sum over keys; all 0 where a query reads nothing: [batch, head, query, key]. */
export function shares({ b, at }: Layer, pattern: Name): Name {
  const size = b.op("sub", [times(b, b.op("relu", [pattern], {}), 2), pattern], {});
  const total = b.op("clamp", [b.op("sum", [size], { axes: ["key"] })], { low: LEAST });
  return b.op("div", [size, total], {}, `${at}.attn.hook_pattern`);
}

const LEAST = 1e-30;
