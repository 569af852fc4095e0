/** @file How tokens enter the residual stream and how it becomes logits. */
import type { Builder, Name } from "../../graph/builder.ts";
import { norm } from "./norms.ts";
import { softcapped, times } from "./numbers.ts";
import { positionIds, tokenIds } from "./positions.ts";
import type { DecoderSpec } from "./spec.ts";
import { needed, type WeightLookup } from "./weights.ts";

const STREAM = ["batch", "position", "d_model"];

export interface Embedded {
  /** What the first block reads. */
  readonly stream: Name;
  /** Learned positions that queries and keys alone see; null elsewhere. */
  readonly queryKeyPositions: Name | null;
}

/** `hook_embed`, after a projection and multiplier of the model; with learned positions `hook_pos_embed`. */
export function embed(b: Builder, w: WeightLookup, spec: DecoderSpec): Embedded {
  const { vocabulary, embedMultiplier: multiplier = 1, embedNorm = null, positions } = spec;
  const W_E = needed(w, "embed.W_E");
  const project = w("embed.W_in"); // [d_model, d_embed]
  const ids = tokenIds(b, vocabulary);
  const plain = !project && multiplier === 1;
  const rows = b.gather(W_E, ids, plain ? "hook_embed" : undefined);
  const wide = project
    ? b.contract(rows, project, STREAM, { as: multiplier === 1 ? "hook_embed" : undefined })
    : rows;
  const tokens = multiplier === 1 ? wide : times(b, wide, multiplier, "hook_embed");
  const place = positions
    ? b.gather(needed(w, "pos_embed.W_pos"), positionIds(b), "hook_pos_embed")
    : null;
  const early = positions?.to === "stream" && place ? b.add(tokens, place) : tokens;
  return {
    stream: norm(b, w, "embed.ln", early, embedNorm),
    queryKeyPositions: positions?.to === "queries and keys" ? place : null,
  };
}

/**
 * `logits` [batch, position, d_vocab] from the normed stream; W_E serves as W_U where the model ties them. Nothing where the
 * files have no unembedding.
 */
export function unembed(
  b: Builder,
  w: WeightLookup,
  x: Name,
  { logitMultiplier: scale = 1, logitSoftcap }: DecoderSpec,
): void {
  const W_U = w("unembed.W_U") ?? needed(w, "embed.W_E");
  const project = w("unembed.W_out"); // [d_embed, d_model]
  const read = project ? b.contract(x, project, ["batch", "position", "d_embed"]) : x;
  const as = logitSoftcap ? "unembed.hook_uncapped" : "logits";
  const bias = w("unembed.b_U");
  const logits = b.contract(read, W_U, ["batch", "position", "d_vocab"], {
    bias,
    as,
    ...(scale !== 1 && { scale }),
  });
  if (logitSoftcap) softcapped(b, logits, logitSoftcap, "logits");
}
