/** @file The Programs of `lens`: residual streams and parts of the logit at some positions, and the unembedding alone. */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { producerOf, type Program } from "../../graph/program.ts";
import { finalLayers } from "../../interventions/finalLayers.ts";
import { residBefore } from "../../interventions/points.ts";
import { LENS_INPUTS, targetDirections } from "../../interventions/targetDirections.ts";

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
  /** From a stream, fed as `stream`, to `logits`; the final norm is recomputed. */
  readonly unembed: Program;
  readonly stream: string;
}

/** @param of "centred-logit": the target's logit less the mean over the vocabulary */
export function lensPrograms(
  program: Program,
  { layers, vocabulary }: { readonly layers: number; readonly vocabulary: number },
  of: "logit" | "centred-logit",
): LensPrograms {
  const end = finalLayers(program);
  const b = builder(program);
  const { direction, bias, at } = targetDirections(b, end, vocabulary, of);
  const streams = [
    ...Array.from({ length: layers }, (_, layer) => residBefore(layer, layers)),
    end.stream,
  ].map((name, index) => at(name, `lens.stream.${index}`));
  const parts = end.summands.flatMap((name) => partsOf(program, b, name, direction, at));
  const all = [...parts, ...(bias ? [{ value: bias, name: "final bias" }] : [])];
  const outputs = [...streams, ...all.map(({ value }) => value)];
  const unembed = slice(program, { outputs: ["logits"], from: [end.stream] });
  return {
    parts: all,
    model: slice(b.program(outputs, program.limits), { outputs }),
    streams,
    unembed,
    stream: end.stream,
  };
}

/** Attention outputs are taken apart into heads and bias; everything else is one part. */
function partsOf(
  program: Program,
  b: Builder,
  name: Name,
  direction: Name,
  at: (x: Name) => Name,
): LensPart[] {
  const as = `lens.part.${name}`;
  const dot = (x: Name, axes: readonly string[], value: Name) =>
    b.contract(x, direction, axes, { as: value });
  const made = producerOf(program, name);
  const attention = /^blocks\.(\d+)\.hook_attn_out$/.exec(name);
  if (!attention || made.op !== "contract")
    return [{ name: partName(name), value: dot(at(name), ["batch", "position"], as) }];
  const [z, W_O, bias] = made.inputs as [Name, Name, Name?];
  const written = b.contract(at(z), W_O, ["batch", "position", "head", "d_model"]);
  const layer = attention[1]!;
  const heads = { name: `heads ${layer}`, value: dot(written, ["batch", "position", "head"], as) };
  if (bias === undefined) return [heads];
  const ofBias = b.op("sum", [b.mul(direction, bias)], { axes: ["d_model"] }, `${as}.bias`);
  return [heads, { name: `attention bias ${layer}`, value: ofBias }];
}

function partName(name: string): string {
  const mlp = /^blocks\.(\d+)\.hook_mlp_out$/.exec(name);
  return mlp ? `mlp ${mlp[1]}` : name.replace(/^hook_/, "");
}
