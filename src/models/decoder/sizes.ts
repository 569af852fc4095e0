import type { Sizes } from "../weightMap.ts";
import { attentionsOf, hasExperts, unitsOf, type DecoderSpec } from "./spec.ts";
import { fusedSizes } from "../names/fusedOrders.ts";

/** Sizes of the axes that weights have, as far as the spec says them. */
export function sizesOf(spec: DecoderSpec): Sizes {
  const { dModel, vocabulary, contextLength, blocks, tokenTypes } = spec;
  const { heads, kvHeads, dHead, dValue } = unitsOf(spec);
  const { latent, relative } = attentionsOf(spec)[0] ?? {};
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
    ...ssmSizes(spec),
    ...(latent && {
      kv_rank: latent.keyRank,
      kv_down: latent.keyRank + latent.rotated,
      kv_up: dHead - latent.rotated + dValue,
      ...(latent.queryRank !== null && { q_rank: latent.queryRank }),
    }),
  };
}

/** Widths of state-space layers; all of a model are alike. */
function ssmSizes({ blocks }: DecoderSpec): Sizes {
  const ssm = blocks.flatMap((block) => block.ssm ?? [])[0];
  if (!ssm) return {};
  const channel = ssm.heads * ssm.dHead;
  const shared = { channel, state: ssm.states, tap: ssm.taps };
  if (ssm.kind === "channels")
    return { ...shared, dt_rank: ssm.rank, scan_rows: ssm.rank + 2 * ssm.states };
  const conv = channel + 2 * ssm.groups * ssm.states;
  return { ...shared, conv, scan_rows: channel + conv + ssm.heads };
}
