/** @file The weights of linear modules and MLPs. */
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import type { Dims, MlpNames, ModuleNames } from "./moduleNames.ts";

/** The weight of a linear module, in the order that the family stores. */
export function matrix(
  { stored = "out, in" }: Pick<ModuleNames, "stored">,
  from: string,
  out: string | readonly string[],
  inner: string | readonly string[],
): WeightEntry {
  return { from: `${from}.weight`, shape: stored === "out, in" ? [out, inner] : [inner, out] };
}

/** The weights of an MLP whose inner axis has the size of `width`. */
export function mlpMap(
  ours: string,
  layer: string,
  mlp: MlpNames,
  names: Pick<ModuleNames, "stored" | "biases">,
  width: string,
): WeightMap {
  const renamed = width === "d_mlp" ? {} : { merge: { d_mlp: [width] } };
  const inner = (name: string, from: string, more: object = {}, axes: Dims[number] = width) => ({
    [`${ours}.W_${name}`]: { ...matrix(names, layer + from, axes, "d_model"), ...renamed, ...more },
    ...(names.biases?.mlp && {
      [`${ours}.b_${name}`]: { from: `${layer}${from}.bias`, shape: [axes], ...renamed, ...more },
    }),
  });
  const half = (index: number) => ({ select: [{ axis: "gate_in", index }] });
  const fused = ["gate_in", width];
  return {
    ...("gateIn" in mlp
      ? {
          ...inner("gate", mlp.gateIn, half(0), fused),
          ...inner("in", mlp.gateIn, half(1), fused),
        }
      : { ...(mlp.gate && inner("gate", mlp.gate)), ...inner("in", mlp.in) }),
    ...("xielu" in mlp && mlp.xielu && xieluMap(`${ours}.act`, layer + mlp.xielu)),
    [`${ours}.W_out`]: { ...matrix(names, layer + mlp.out, "d_model", width), ...renamed },
    ...(names.biases?.mlp && {
      [`${ours}.b_out`]: { from: `${layer}${mlp.out}.bias`, shape: ["d_model"] },
    }),
  };
}

/** Numbers of an activation; beta and eps are not parameters, so files may lack them. */
function xieluMap(ours: string, theirs: string): WeightMap {
  const one: WeightEntry["select"] = [{ axis: "one", index: 0 }];
  const alpha = (which: "p" | "n") => ({
    [`${ours}.alpha_${which}`]: { from: `${theirs}.alpha_${which}`, shape: ["one"], select: one },
  });
  return {
    ...alpha("p"),
    ...alpha("n"),
    [`${ours}.beta`]: { from: `${theirs}.beta`, shape: [], optional: true },
    [`${ours}.eps`]: { from: `${theirs}.eps`, shape: [], optional: true },
  };
}
