import type { Sizes } from "../weightMap.ts";
import { hasExperts, type DecoderSpec } from "./spec.ts";
import { fusedSizes } from "../names/fusedOrders.ts";

/** Sizes of the axes that weights have, as far as the spec says them. */
export function sizesOf({
  dModel,
  vocabulary,
  contextLength,
  blocks,
  tokenTypes,
}: DecoderSpec): Sizes {
  const { heads, kvHeads, dHead, dValue = dHead, latent, relative } = blocks[0]!.attention;
  const experts = blocks.flatMap(({ mlp }) => (hasExperts(mlp) ? [mlp.experts] : []))[0] ?? 0;
  return {
    d_model: dModel,
    d_vocab: vocabulary,
    n_ctx: contextLength,
    token_type: tokenTypes ?? 0,
    d_head_out: dModel,
    bucket: relative?.buckets ?? 0,
    head: heads,
    kv_head: kvHeads,
    d_head: dHead,
    d_value: dValue,
    q_width: heads * dHead,
    k_width: kvHeads * dHead,
    gate_in: 2,
    one: 1,
    expert: experts,
    ...fusedSizes(heads, kvHeads),
    ...(latent && {
      kv_rank: latent.keyRank,
      kv_down: latent.keyRank + latent.rotated,
      kv_up: dHead - latent.rotated + dValue,
      ...(latent.queryRank !== null && { q_rank: latent.queryRank }),
    }),
  };
}
