/** @file Mamba's scan: a state for each channel and each of its rates, and the pattern that it amounts to. */
import type { Name } from "../../graph/builder.ts";
import { norm } from "./norms.ts";
import type { ChannelScanSpec } from "./spec.ts";
import {
  beside,
  convolve,
  projectScan,
  rates,
  shares,
  type Layer,
  type ScanOutput,
} from "./scanParts.ts";

/** What the scan reads, by position: time steps and x [batch, position, channel], B and C [batch, position, state]. */
interface ScanInputs {
  readonly dt: Name;
  readonly x: Name;
  readonly B: Name;
  readonly C: Name;
  /** [channel, state] */
  readonly A: Name;
}

/** h[t] = exp(dt[t] A) h[t - 1] + dt[t] B[t] x[t] for each channel and state; y[t] = sum over states of C[t] h[t]. */
export function channelScan(layer: Layer, input: Name, spec: ChannelScanSpec): ScanOutput {
  const { b, at, hook, weight, lookup } = layer;
  const conv = convolve(layer, projectScan(layer, input, "in", hook("conv_in")), spec);
  const inner = (which: "dt" | "B" | "C", from: string, as?: Name) => {
    const low = projectScan(layer, conv, from, spec.norm ? undefined : as);
    if (!spec.norm) return low;
    return b.rename(norm(b, lookup, `${at}.ssm.${which}_norm`, low, spec.norm), {}, as);
  };
  const dt = b.op("softplus", [projectScan(layer, inner("dt", "dt_down"), "dt")], {}, hook("dt"));
  const v = b.rename(
    beside(b, conv, "channel", "d_head"),
    { channel: "head" },
    `${at}.attn.hook_v`,
  );
  const x = b.op("mergeAxes", [v], { axes: ["head", "d_head"], into: "channel" }, hook("x"));
  const read = {
    dt,
    x,
    B: inner("B", "B", hook("B")),
    C: inner("C", "C", hook("C")),
    A: rates(layer),
  };
  const y = scanChannels(layer, read);
  const pattern = patternOf(layer, read, spec.states);
  shares(layer, b.rename(pattern, { channel: "head" }));
  const units = (value: Name, as?: Name) =>
    b.rename(beside(b, value, "channel", "d_head"), { channel: "head" }, as);
  return {
    z: units(y, `${at}.attn.hook_z`),
    skip: units(b.mul(conv, weight("D"))),
    gate: projectScan(layer, input, "gate", hook("gate_pre")),
  };
}

function scanChannels({ b, hook }: Layer, { dt, x, B, C, A }: ScanInputs): Name {
  const decay = b.op("exp", [b.mul(beside(b, dt, "channel", "state"), A)], {}); // [batch, position, channel, state]
  const writing = b.mul(
    beside(b, b.mul(dt, x), "channel", "state"),
    beside(b, B, "state", "channel", true),
  );
  const state = b.op("recur", [decay, writing], { axis: "position" }, hook("state"));
  return b.contract(state, C, ["batch", "position", "channel"], { as: hook("scan") });
}

/**
 * pattern[channel, q, k] = sum over states of C[q] B[k] exp(A (dt[k + 1] + ... + dt[q])) dt[k]. The sums are added up from k on
 * for each k, so nothing small is the difference of two large numbers; states are added one by one, to save memory.
 */
function patternOf({ b, hook, shared }: Layer, { dt, B, C, A }: ScanInputs, states: number): Name {
  const axes = (position: "query" | "key") => ["batch", "channel", position];
  const transposeTo = (position: "query" | "key") =>
    b.op("transpose", [b.rename(dt, { position })], { axes: axes(position) });
  const steps = b.mul(beside(b, transposeTo("query"), "query", "key"), shared.earlier());
  const since = b.op("cumulate", [steps], { axis: "query" }); // [batch, channel, query, key]
  const mask = shared.maskOf({ heads: 1 })[0]!;
  const stateOf = (x: Name, state: number, name: string) =>
    b.rename(b.op("slice", [x], { axis: "state", start: state, end: state + 1 }), { state: name });
  const [queries, keys] = [b.rename(C, { position: "query" }), b.rename(B, { position: "key" })];
  const terms = Array.from({ length: states }, (_, state) => {
    const rate = beside(b, stateOf(A, state, "query"), "query", "key");
    const decay = b.op("exp", [b.add(b.mul(since, rate), mask)], {});
    const key = b.op("transpose", [stateOf(keys, state, "query")], {
      axes: ["batch", "query", "key"],
    });
    return b.mul(decay, b.mul(stateOf(queries, state, "key"), key));
  });
  const sum = terms.reduce((total, term) => b.add(total, term));
  return b.mul(sum, beside(b, transposeTo("key"), "key", "query", true), hook("pattern"));
}
