/** @file Where experts lie: each on its own, or all in one tensor. */
import { hasExperts } from "../decoder/spec.ts";
import type { WeightEntry, WeightMap } from "../weightMap.ts";
import { matrix, mlpMap } from "./matrices.ts";
import type {
  Around,
  ExpertNames,
  InterleavedExperts,
  StackedExperts,
  TransposedExperts,
} from "./moduleNames.ts";

export function expertMap(around: Around, experts: ExpertNames): WeightMap {
  const { spec, names } = around;
  const layers = spec.blocks.flatMap(({ mlp }, layer) => (hasExperts(mlp) ? [layer] : []));
  const at = "blocks.{layer}.mlp";
  const { layer } = names;
  const map: WeightMap = {
    [`${at}.W_router`]: matrix({}, layer + experts.router, "expert", "d_model"),
    ...(experts.routerBias && {
      [`${at}.b_router`]: { from: `${layer}${experts.router}.bias`, shape: ["expert"] },
    }),
    ...(experts.correction && {
      [`${at}.router_correction`]: experts.correctionRow
        ? {
            from: layer + experts.correction,
            shape: ["one", "expert"],
            select: [{ axis: "one", index: 0 }],
          }
        : { from: layer + experts.correction, shape: ["expert"] },
    }),
    ...matrices(experts.each, layer, at),
    ...(experts.shared &&
      mlpMap(
        `${at}.shared`,
        layer,
        experts.shared,
        { biases: { mlp: experts.sharedBiases ?? false } },
        "d_shared",
      )),
    ...(experts.sharedGate && {
      [`${at}.shared.W_share`]: {
        from: `${layer}${experts.sharedGate}.weight`,
        shape: ["one", "d_model"],
        select: [{ axis: "one", index: 0 }],
      },
    }),
  };
  return Object.fromEntries(
    Object.entries(map).map(([name, entry]) => [name, { ...entry, layers }]),
  );
}

const RENAMED = { merge: { d_mlp: ["d_expert"] } };

function matrices(each: ExpertNames["each"], layer: string, at: string): WeightMap {
  const entryFor = (which: string, entry: WeightEntry) => ({
    [`${at}.experts.{expert}.W_${which}`]: { ...entry, ...RENAMED },
  });
  if (each.kind === "each")
    return {
      ...entryFor("gate", matrix({}, layer + each.gate, "d_expert", "d_model")),
      ...entryFor("in", matrix({}, layer + each.in, "d_expert", "d_model")),
      ...entryFor("out", matrix({}, layer + each.out, "d_model", "d_expert")),
    };
  return each.kind === "interleaved"
    ? interleavedExperts(each, layer, at, entryFor)
    : stackedExperts(each, layer, entryFor);
}

type PutEntry = (which: string, entry: WeightEntry) => WeightMap;

const ONE = { axis: "expert", index: 0 };

function stackedExperts(
  { kind, gateIn, out }: StackedExperts | TransposedExperts,
  layer: string,
  entryFor: PutEntry,
) {
  const shapeOf = (output: WeightEntry["shape"][number], input: string) =>
    kind === "stacked" ? ["expert", output, input] : ["expert", input, output];
  const half = (index: number): WeightEntry => ({
    from: layer + gateIn,
    shape: shapeOf(["gate_in", "d_expert"], "d_model"),
    select: [ONE, { axis: "gate_in", index }],
  });
  return {
    ...entryFor("gate", half(0)),
    ...entryFor("in", half(1)),
    ...entryFor("out", {
      from: layer + out,
      shape: shapeOf("d_model", "d_expert"),
      select: [ONE],
    }),
  };
}

function interleavedExperts(
  { gateIn, out }: InterleavedExperts,
  layer: string,
  at: string,
  entryFor: PutEntry,
) {
  const half = (index: number) => ({ axis: "gate_in", index });
  const both: WeightEntry = {
    from: layer + gateIn,
    shape: ["expert", "d_model", ["d_expert", "gate_in"]],
  };
  const bias = { from: `${layer}${gateIn}_bias`, shape: ["expert", ["d_expert", "gate_in"]] };
  return {
    ...entryFor("gate", { ...both, select: [ONE, half(0)] }),
    ...entryFor("in", { ...both, select: [ONE, half(1)] }),
    ...entryFor("out", {
      from: layer + out,
      shape: ["expert", "d_expert", "d_model"],
      select: [ONE],
    }),
    [`${at}.experts.b_gate`]: { ...bias, select: [half(0)], ...RENAMED },
    [`${at}.experts.b_in`]: { ...bias, select: [half(1)], ...RENAMED },
    [`${at}.experts.b_out`]: { from: `${layer}${out}_bias`, shape: ["expert", "d_model"] },
  };
}
