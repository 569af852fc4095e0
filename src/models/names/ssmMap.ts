/** @file The weights of state-space mixers: one matrix in, cut by rows into gate, convolved part and time steps. */
import type { ChannelScanSpec, HeadScanSpec } from "../decoder/spec.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import type { Around } from "./moduleNames.ts";

const OURS = "blocks.{layer}.ssm";

/** Nothing where no layer has a scan. */
export function ssmMap({ spec, names }: Around): WeightMap {
  const layers = spec.blocks.flatMap(({ ssm }, layer) => (ssm ? [layer] : []));
  const ssm = spec.blocks[layers[0] ?? 0]!.ssm;
  if (!ssm || !names.ssm) return {};
  const at = `${names.layer}${names.ssm.mixer}`;
  const { biases = {} } = names;
  const all = {
    ...(ssm.kind === "channels" ? channelMap(at, ssm, names) : headMap(at, ssm, names)),
    [`${OURS}.W_out`]: { from: `${at}.out_proj.weight`, shape: ["d_model", "channel"] },
    ...(biases.ssm && { [`${OURS}.b_out`]: { from: `${at}.out_proj.bias`, shape: ["d_model"] } }),
  };
  const sizes = { head: ssm.heads }; // where other layers have attention, its heads are others
  return Object.fromEntries(
    Object.entries(all).map(([name, entry]) => [name, { ...entry, layers, sizes }]),
  );
}

function channelMap(at: string, ssm: ChannelScanSpec, names: Around["names"]): WeightMap {
  const half = (index: number) => ({
    select: [{ axis: "gate_in", index }],
  });
  const projected = (which: string, index: number): WeightMap => ({
    [`${OURS}.W_${which}`]: {
      from: `${at}.in_proj.weight`,
      shape: [["gate_in", "channel"], "d_model"],
      ...half(index),
    },
    ...(names.biases?.ssm && {
      [`${OURS}.b_${which}`]: {
        from: `${at}.in_proj.bias`,
        shape: [["gate_in", "channel"]],
        ...half(index),
      },
    }),
  });
  const { rank, states } = ssm;
  const rows = (which: string, axis: string, start: number, length: number): WeightMap => ({
    [`${OURS}.W_${which}`]: {
      from: `${at}.x_proj.weight`,
      shape: ["scan_rows", "channel"],
      select: [{ axis: "scan_rows", start, length }],
      merge: { [axis]: ["scan_rows"] },
    },
  });
  return {
    ...projected("in", 0),
    ...projected("gate", 1),
    ...convolution(at, "channel", names),
    ...rows("dt_down", "dt_rank", 0, rank),
    ...rows("B", "state", rank, states),
    ...rows("C", "state", rank + states, states),
    [`${OURS}.W_dt`]: { from: `${at}.dt_proj.weight`, shape: ["channel", "dt_rank"] },
    [`${OURS}.b_dt`]: { from: `${at}.dt_proj.bias`, shape: ["channel"] },
    [`${OURS}.A_log`]: { from: `${at}.A_log`, shape: ["channel", "state"] },
    [`${OURS}.D`]: { from: `${at}.D`, shape: ["channel"] },
    ...innerNorms(at, names),
  };
}

/** Gains of the norms of time steps, B and C. */
function innerNorms(at: string, { ssm }: Around["names"]): WeightMap {
  const axes = { dt: "dt_rank", B: "state", C: "state" } as const;
  return Object.fromEntries(
    Object.entries(ssm?.norms ?? {}).map(([which, module]): [string, WeightEntry] => [
      `${OURS}.${which}_norm.w`,
      { from: `${at}.${module}.weight`, shape: [axes[which as keyof typeof axes]] },
    ]),
  );
}

function headMap(at: string, ssm: HeadScanSpec, names: Around["names"]): WeightMap {
  const { heads, dHead, groups, states } = ssm;
  const inner = heads * dHead;
  const conv = inner + 2 * groups * states;
  const rows = (which: string, axis: string, start: number, length: number): WeightMap => {
    const part = {
      select: [{ axis: "scan_rows", start, length }],
      merge: { [axis]: ["scan_rows"] },
    };
    return {
      [`${OURS}.W_${which}`]: {
        from: `${at}.in_proj.weight`,
        shape: ["scan_rows", "d_model"],
        ...part,
      },
      ...(names.biases?.ssm && {
        [`${OURS}.b_${which}`]: { from: `${at}.in_proj.bias`, shape: ["scan_rows"], ...part },
      }),
    };
  };
  return {
    ...rows("gate", "channel", 0, inner),
    ...rows("in", "conv", inner, conv),
    ...rows("dt", "head", inner + conv, heads),
    ...convolution(at, "conv", names),
    [`${OURS}.dt_bias`]: { from: `${at}.dt_bias`, shape: ["head"] },
    [`${OURS}.A_log`]: { from: `${at}.A_log`, shape: ["head"] },
    [`${OURS}.D`]: { from: `${at}.D`, shape: ["head"] },
    [`${OURS}.norm.w`]: { from: `${at}.norm.weight`, shape: ["channel"] },
  };
}

function convolution(at: string, axis: string, { biases }: Around["names"]): WeightMap {
  return {
    [`${OURS}.W_conv`]: {
      from: `${at}.conv1d.weight`,
      shape: [axis, "one", "tap"],
      select: [{ axis: "one", index: 0 }],
    },
    ...(biases?.conv && { [`${OURS}.b_conv`]: { from: `${at}.conv1d.bias`, shape: [axis] } }),
  };
}
