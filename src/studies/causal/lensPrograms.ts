/** @file The Programs of `lens`: residual streams and parts of the logit at some positions, and the unembedding alone. */
import { builder, type Builder, type Name } from "../../graph/builder.ts";
import { slice } from "../../graph/edits/slice.ts";
import { producerOf, type Program } from "../../graph/program.ts";
import { finalLayers, type FinalLayers } from "./finalLayers.ts";
import { residBefore } from "./points.ts";

export const LENS_INPUTS = { positions: "lens_positions", targets: "lens_targets" } as const;

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
  const positions = b.input(LENS_INPUTS.positions, "int32", { position: LENS_INPUTS.positions });
  const targets = b.input(
    LENS_INPUTS.targets,
    "int32",
    { batch: "batch", position: LENS_INPUTS.positions },
    { below: vocabulary },
  );
  const at = (x: Name, as?: Name) => b.op("take", [x, positions], { axis: "position" }, as);
  const streams = [
    ...Array.from({ length: layers }, (_, layer) => residBefore(layer, layers)),
    end.stream,
  ].map((name, index) => at(name, `lens.stream.${index}`));
  const { direction, bias } = directions(b, end, targets, at, of);
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

/**
 * The direction of the residual stream that raises the target's logit, norm frozen: [batch, position, d_model], with
 * direction . x + bias = logit: (x - mean x) . d = x . (d - mean d).
 */
function directions(
  b: Builder,
  { norm, unembed, unembedBias }: FinalLayers,
  targets: Name,
  at: (x: Name) => Name,
  of: "logit" | "centred-logit",
): { readonly direction: Name; readonly bias: Name | null } {
  const less = (x: Name, mean: Name) => (of === "logit" ? x : b.op("sub", [x, mean], {}));
  const rows =
    b.typeOf(unembed).axes[0]!.name === "d_vocab"
      ? unembed
      : b.op("transpose", [unembed], { axes: ["d_vocab", "d_model"] });
  const column = less(b.gather(rows, targets), b.op("mean", [rows], { axes: ["d_vocab"] })); // [batch, position, d_model]
  const ofBias =
    unembedBias === null
      ? null
      : less(b.gather(unembedBias, targets), b.op("mean", [unembedBias], { axes: ["d_vocab"] }));
  if (!norm) return { direction: column, bias: ofBias };
  const ofNorm =
    norm.bias === null ? null : b.op("sum", [b.mul(column, norm.bias)], { axes: ["d_model"] });
  const gained = norm.gain === null ? column : b.mul(column, norm.gain);
  const centred = norm.centring
    ? b.op("sub", [gained, b.op("mean", [gained], { axes: ["d_model"] })], {})
    : gained;
  const bias = ofNorm && ofBias ? b.add(ofNorm, ofBias) : (ofNorm ?? ofBias);
  return { direction: b.op("div", [centred, at(norm.scale)], {}), bias };
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
