/** @file Which direction of the residual stream raises a token's logit, at some positions of a Program. */
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Builder, Name } from "../graph/builder.ts";
import type { RepeatedRows } from "../inputs/scoreInput.ts";
import type { EndAnatomy, Unembedding } from "../models/anatomy/programAnatomy.ts";
import { backThroughNorm } from "./passages.ts";

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
 * direction . x + bias = logit: (x - mean x) . d = x . (d - mean d). Where logits are capped, it is the logit before the cap.
 */
export function targetDirections(
  b: Builder,
  { norm, unembedding }: EndAnatomy,
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
  const rows = unembeddingRows(b, unembedding);
  const row = less(b.gather(rows, targets), b.op("mean", [rows], { axes: ["d_vocab"] })); // [batch, position, d_model]
  const { scale, bias: logitBias } = unembedding;
  const column = scale === 1 ? row : b.mul(row, b.constant(`number ${scale}`, {}, [scale]));
  const ofBias =
    logitBias === null
      ? null
      : less(b.gather(logitBias, targets), b.op("mean", [logitBias], { axes: ["d_vocab"] }));
  if (!norm) return { direction: column, bias: ofBias, at };
  const ofNorm =
    norm.bias === null ? null : b.op("sum", [b.mul(column, norm.bias)], { axes: ["d_model"] });
  const direction = backThroughNorm(b, column, norm, at);
  return { direction, bias: ofNorm && ofBias ? b.add(ofNorm, ofBias) : (ofNorm ?? ofBias), at };
}

/** W_U by rows: [d_vocab, d_model]. */
export function unembeddingRows(b: Builder, { weight }: Pick<Unembedding, "weight">): Name {
  return b.typeOf(weight).axes[0]!.name === "d_vocab"
    ? weight
    : b.op("transpose", [weight], { axes: ["d_vocab", "d_model"] });
}

/** The token after the earlier copy, for some rows: of position p, token p + 1 - period; [batch, position]. */
export function copiedTargets(
  { tokens, period }: Pick<RepeatedRows, "tokens" | "period">,
  rows: readonly number[],
  positions: ArrayLike<number>,
): Tensor<Int32Array> {
  const length = tokens.shape[1]!;
  const ids = rows.flatMap((row) =>
    Array.from(positions, (position) => tokens.data[row * length + position + 1 - period]!),
  );
  return tensor(["batch", "position"], [rows.length, positions.length], Int32Array.from(ids));
}
