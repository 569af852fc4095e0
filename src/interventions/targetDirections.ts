/** @file Which direction of the residual stream raises a token's logit, at some positions of a Program. */
import type { Builder, Name } from "../graph/builder.ts";
import type { FinalLayers } from "./finalLayers.ts";

/** Inputs that are added: positions [lens_positions], and the token of each, [batch, lens_positions]. */
export const LENS_INPUTS = { positions: "lens_positions", targets: "lens_targets" } as const;

export interface TargetDirections {
  readonly direction: Name;
  readonly bias: Name | null;
  /** A value at those positions. */
  readonly at: (x: Name, as?: Name) => Name;
}

/**
 * The direction of the residual stream that raises the target's logit, norm frozen: [batch, position, d_model], with
 * direction . x + bias = logit: (x - mean x) . d = x . (d - mean d).
 */
export function targetDirections(
  b: Builder,
  { norm, unembed, unembedBias }: FinalLayers,
  vocabulary: number,
  of: "logit" | "centred-logit",
): TargetDirections {
  const positions = b.input(LENS_INPUTS.positions, "int32", { position: LENS_INPUTS.positions });
  const targets = b.input(
    LENS_INPUTS.targets,
    "int32",
    { batch: "batch", position: LENS_INPUTS.positions },
    { below: vocabulary },
  );
  const at = (x: Name, as?: Name) => b.op("take", [x, positions], { axis: "position" }, as);
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
  if (!norm) return { direction: column, bias: ofBias, at };
  const ofNorm =
    norm.bias === null ? null : b.op("sum", [b.mul(column, norm.bias)], { axes: ["d_model"] });
  const gained = norm.gain === null ? column : b.mul(column, norm.gain);
  const centred = norm.centring
    ? b.op("sub", [gained, b.op("mean", [gained], { axes: ["d_model"] })], {})
    : gained;
  const bias = ofNorm && ofBias ? b.add(ofNorm, ofBias) : (ofNorm ?? ofBias);
  return { direction: b.op("div", [centred, at(norm.scale)], {}), bias, at };
}
