/** @file The Programs of `lens`: residual streams and parts of the logit at some positions, and the unembedding alone. */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import type { Program } from "../../graph/program.ts";
import { backThroughPassage } from "../../interventions/passages.ts";
import { anatomy } from "../../models/anatomy/anatomy.ts";
import {
  isMissing,
  requirePart,
  type AttentionAnatomy,
  type ProgramAnatomy,
  type Summand,
} from "../../models/anatomy/programAnatomy.ts";
import type { Model } from "../../models/family.ts";
import { residBefore } from "../../models/anatomy/hookNames.ts";
import {
  LENS_INPUTS,
  targetDirections,
  type TargetDirections,
} from "../../interventions/targetDirections.ts";

export { LENS_INPUTS };

/** One part of the logit: [batch, position], for attention [batch, position, head]. */
export interface LensPart {
  readonly value: string;
  readonly name: string;
}

export interface LensPrograms {
  readonly parts: readonly LensPart[];
  /** Streams, [batch, lens_positions, d_model], and parts. */
  readonly model: Program;
  /** Outputs of `model` that are streams, first layer first, the final one last. */
  readonly streams: readonly string[];
  /** From a stream, fed as `stream`, to `logits` and `uncapped`; the final norm is recomputed. */
  readonly unembed: Program;
  /** Logits before their soft cap, which parts add up to; `logits` where there is none. */
  readonly uncapped: string;
  readonly softcap: number | null;
  readonly stream: string;
}

/**
 * @param of "centred-logit": the target's logit less the mean over the vocabulary
 * @throws {InputError} "study" for a model whose logits are not a product
 */
export function lensPrograms(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  of: "logit" | "centred-logit",
): LensPrograms {
  const { layers, vocabulary } = architecture;
  const parted = anatomy(program, architecture);
  const end = requirePart(parted.end);
  const b = builder(program);
  const directions = targetDirections(b, end, vocabulary, of);
  const { bias, at } = directions;
  const streams = [
    ...Array.from({ length: layers }, (_, layer) => residBefore(layer, layers)),
    end.stream,
  ].map((name, index) => at(name, `lens.stream.${index}`));
  const parts = end.summands.flatMap((summand) => partsOf(b, parted, summand, directions));
  const all = [...parts, ...(bias ? [{ value: bias, name: "final bias" }] : [])];
  const outputs = [...streams, ...all.map(({ value }) => value)];
  const { uncapped, softcap } = end.unembedding;
  const heads = [...new Set(["logits", uncapped])];
  const unembed = slice(program, { outputs: heads, from: [end.stream] });
  return {
    parts: all,
    model: slice(b.program(outputs, program.limits), { outputs }),
    streams,
    unembed,
    stream: end.stream,
    uncapped,
    softcap,
  };
}

/** Attention outputs are taken apart into heads and biases; everything else is one part. */
function partsOf(
  b: Builder,
  { layers }: ProgramAnatomy,
  summand: Summand,
  directions: TargetDirections,
): LensPart[] {
  const { of, value } = summand;
  const attention = of.kind === "attention" ? layers[of.layer]!.attention : null;
  if (of.kind === "attention" && attention && !isMissing(attention.projection))
    return headParts(b, attention, of.layer, summand, directions);
  const { direction, at } = directions;
  const as = `lens.part.${value}`;
  const product = b.contract(at(value), direction, ["batch", "position"], { as });
  return [{ name: partName(summand), value: product }];
}

function headParts(
  b: Builder,
  { z, output, projection }: AttentionAnatomy,
  layer: number,
  { passage }: Summand,
  { direction, at }: TargetDirections,
): LensPart[] {
  const { weight, bias } = requirePart(projection);
  const as = `lens.part.${output}`;
  const own = backThroughPassage(b, direction, passage, at);
  const writes = b.contract(at(z), weight, ["batch", "position", "head", "d_model"]);
  const product = b.contract(writes, own, ["batch", "position", "head"], { as });
  const heads = { name: `heads ${layer}`, value: product };
  const along = (way: Name, x: Name, value?: Name) =>
    b.op("sum", [b.mul(way, x)], { axes: ["d_model"] }, value);
  const biases = [
    ...(bias === null ? [] : [along(own, bias)]),
    ...(passage.norm?.bias ? [along(direction, passage.norm.bias)] : []),
  ];
  if (biases.length === 0) return [heads];
  const value = b.rename(
    biases.reduce((sum, term) => b.add(sum, term)),
    {},
    `${as}.bias`,
  );
  return [heads, { name: `attention bias ${layer}`, value }];
}

function partName({ of, value }: Summand): string {
  if (of.kind === "mlp") return `mlp ${of.layer}`;
  if (of.kind === "attention") return `attention ${of.layer}`; // a scan, whose heads go through a gate together
  return of.kind === "embedding" ? "embed" : value.replace(/^hook_/, "");
}
