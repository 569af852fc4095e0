/** @file How tokens enter the residual stream and how it becomes logits. */
import type { Builder, Name } from "../../graph/builder.ts";
import { activation } from "../config/activation.ts";
import { norm } from "./norms.ts";
import { softcap, times } from "./numbers.ts";
import { embeddingOf, type EmbeddedStream, type Place } from "./place.ts";
import { positionIds, sinusoids, tokenIds, tokenTypeIds } from "./positions.ts";
import type { DecoderSpec, HeadSpec } from "./spec.ts";
import { requireWeight, type WeightLookup } from "./weights.ts";

const STREAM = ["batch", "position", "d_model"];

/**
 * `hook_embed`, after a projection and multiplier of the model; `hook_token_type_embed` and `hook_pos_embed` where it has
 * such.
 */
export function embed(
  b: Builder,
  w: WeightLookup,
  spec: DecoderSpec,
  place: Place,
): EmbeddedStream {
  const { embedNorm = null, positions, tokenTypes } = spec;
  const { prefix } = place;
  const tokens = tokenEmbeddings(b, w, spec, place);
  const typed = tokenTypes ? b.add(tokens, tokenTypeEmbeddings(b, w, tokenTypes, place)) : tokens;
  const embedding = positions ? positionEmbeddings(b, w, spec, place) : null;
  const early = positions?.to === "stream" && embedding ? b.add(typed, embedding) : typed;
  return {
    stream: norm(b, w, `${prefix}embed.ln`, early, embedNorm),
    queryKeyPositions: positions?.to === "queries and keys" ? embedding : null,
  };
}

function tokenEmbeddings(b: Builder, w: WeightLookup, spec: DecoderSpec, place: Place): Name {
  const { embedMultiplier: multiplier = 1 } = spec;
  const as = `${place.prefix}hook_embed`;
  const W_E = embeddingOf(w, place) ?? requireWeight(w, "embed.W_E");
  const project = w(`${place.prefix}embed.W_in`); // [d_model, d_embed]
  const plain = !project && multiplier === 1;
  const rows = b.gather(W_E, tokenIds(b, spec, place), plain ? as : undefined);
  const wide = project
    ? b.contract(rows, project, STREAM, { as: multiplier === 1 ? as : undefined })
    : rows;
  return multiplier === 1 ? wide : times(b, wide, multiplier, as);
}

function tokenTypeEmbeddings(b: Builder, w: WeightLookup, kinds: number, place: Place): Name {
  const table = requireWeight(w, `${place.prefix}embed.W_token_type`);
  return b.gather(table, tokenTypeIds(b, kinds, place), `${place.prefix}hook_token_type_embed`);
}

function positionEmbeddings(b: Builder, w: WeightLookup, spec: DecoderSpec, place: Place): Name {
  const as = `${place.prefix}hook_pos_embed`;
  if (spec.positions?.table === "sinusoids")
    return b.rename(sinusoids(b, spec.dModel, place), {}, as);
  return b.gather(requireWeight(w, `${place.prefix}pos_embed.W_pos`), positionIds(b, place), as);
}

/**
 * `logits` [batch, position, d_vocab] from the normed stream; W_E serves as W_U where the model ties them. Nothing where the
 * files have no unembedding.
 */
export function unembed(
  b: Builder,
  w: WeightLookup,
  x: Name,
  { logitMultiplier: scale = 1, logitSoftcap, head }: DecoderSpec,
  place: Place,
): void {
  const W_U = w("unembed.W_U") ?? embeddingOf(w, place) ?? requireWeight(w, "embed.W_E");
  const project = w("unembed.W_out"); // [d_embed, d_model]
  const stream = head ? transformHead(b, w, x, head) : x;
  const read = project ? b.contract(stream, project, ["batch", "position", "d_embed"]) : stream;
  const as = logitSoftcap ? "unembed.hook_uncapped" : "logits";
  const bias = w("unembed.b_U");
  const logits = b.contract(read, W_U, ["batch", "position", "d_vocab"], {
    bias,
    as,
    ...(scale !== 1 && { scale }),
  });
  if (logitSoftcap) softcap(b, logits, logitSoftcap, "logits");
}

/** norm(act(x W + b)): what BERT's kind does before it unembeds. */
function transformHead(b: Builder, w: WeightLookup, x: Name, { act, norm: spec }: HeadSpec): Name {
  const wide = b.contract(
    x,
    requireWeight(w, "unembed.W_transform"),
    ["batch", "position", "d_head_out"],
    {
      bias: w("unembed.b_transform"),
    },
  );
  const read = b.rename(activation(b, act, wide), { d_head_out: "d_model" });
  return norm(b, w, "unembed.ln", read, spec);
}
