/** @file What families with experts have in common: checks of their counts, names of their tensors. */
import { InputError } from "../../base/errors.ts";
import type { ExpertsSpec, MlpSpec } from "../decoder/spec.ts";
import type { ExpertNames } from "../names/moduleNames.ts";
import type { RowContext } from "./row.ts";

/**
 * The same spec, once its counts fit each other.
 *
 * @throws {InputError} "config" for more experts of a token than there are, or groups that do not divide them
 */
export function checkedExperts(spec: ExpertsSpec, count: string, perToken: string): ExpertsSpec {
  const { experts, router } = spec;
  if (spec.perToken > experts)
    throw new InputError(
      "config",
      `${perToken} must be at most ${count} ${experts}, got ${spec.perToken}`,
    );
  if (router.groups) checkGroups(spec, router.groups, count);
  return spec;
}

function checkGroups(
  { experts, perToken }: ExpertsSpec,
  { count: groups, topGroups, best }: NonNullable<ExpertsSpec["router"]["groups"]>,
  count: string,
): void {
  const size = experts / groups;
  if (Number.isInteger(size) && size >= best && topGroups <= groups && perToken <= topGroups * size)
    return;
  throw new InputError(
    "config",
    `n_group ${groups} and topk_group ${topGroups} do not fit ${count} ${experts} and ${perToken} experts of a token`,
  );
}

/** Experts in all layers but some. */
export function expertsIn(
  has: (layer: number) => boolean,
  experts: ExpertsSpec,
  dense: MlpSpec,
): (layer: number) => MlpSpec {
  return (layer) => (has(layer) ? experts : dense);
}

/**
 * Both stacks [expert, out, in], as transformers has them in memory, or [expert, in, out], as the makers of Qwen3-VL and what
 * transformers saves of it have them, under the same names: their shapes tell.
 */
export function stacksOfEitherOrder({ shapeOf }: RowContext, dModel: number): ExpertNames["each"] {
  const [gateIn, out] = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"];
  const [[, , inputs], [, outputs]] = [shapeOf(gateIn) ?? [], shapeOf(out) ?? []];
  return { kind: inputs === dModel && outputs === dModel ? "stacked" : "transposed", gateIn, out };
}

/** Each expert on its own, as hub checkpoints have them, or all in one tensor, as transformers 5 has them in memory. */
export function expertTensors({ has }: RowContext, at = "mlp."): ExpertNames["each"] {
  if (has(`${at}experts.gate_up_proj`))
    return { kind: "stacked", gateIn: `${at}experts.gate_up_proj`, out: `${at}experts.down_proj` };
  return {
    kind: "each",
    gate: `${at}experts.{expert}.gate_proj`,
    in: `${at}experts.{expert}.up_proj`,
    out: `${at}experts.{expert}.down_proj`,
  };
}
