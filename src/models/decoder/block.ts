/** @file One block: attention and MLP with their norms, and what they add to the residual stream. */
import type { Builder, Name } from "../../graph/builder.ts";
import { attention, type Shared } from "./attention.ts";
import { experts } from "./experts.ts";
import { mlp } from "./mlp.ts";
import { norm } from "./norms.ts";
import { times } from "./numbers.ts";
import { hasExperts, type BlockSpec, type DecoderSpec } from "./spec.ts";
import type { WeightLookup } from "./weights.ts";

/** What writes a block with: the whole model's spec, and values that all blocks read. */
export interface Around extends Shared {
  readonly spec: DecoderSpec;
  /** Learned positions that queries and keys alone see (shortformer); null elsewhere. */
  readonly queryKeyPositions: Name | null;
}

/**
 * From `hook_resid_pre` to `hook_resid_post`. The norms are ln1 and ln2 before attention and MLP, ln1_post and ln2_post
 * after them; `hook_attn_out` and `hook_mlp_out` are before ln1_post, ln2_post and the residual multiplier.
 */
export function block(
  b: Builder,
  w: WeightLookup,
  at: string,
  x: Name,
  block: BlockSpec,
  around: Around,
): Name {
  const { residual } = around.spec;
  const post = `${at}.hook_resid_post`;
  const pre = b.rename(x, {}, `${at}.hook_resid_pre`); // [batch, position, d_model]
  const part = partsOf(b, w, at, around.spec);
  const ln1 = part.before("ln1", pre);
  const attended = part.after("ln1", attentionOut(b, w, at, ln1, block, around));
  const base = residual.fromNorm ? ln1 : pre;
  if (!block.mlp) return part.joined("ln1", base, attended, post);
  if (residual.parallel) {
    const read = residual.parallel === "one norm" ? ln1 : part.before("ln2", pre);
    const written = part.after("ln2", mlpOut(b, w, at, read, block.mlp));
    return b.add(b.add(pre, attended), written, post);
  }
  const mid = part.joined("ln1", base, attended, `${at}.hook_resid_mid`);
  const ln2 = part.before("ln2", mid);
  const written = part.after("ln2", mlpOut(b, w, at, ln2, block.mlp));
  return part.joined("ln2", residual.fromNorm ? ln2 : mid, written, post);
}

function attentionOut(
  b: Builder,
  w: WeightLookup,
  at: string,
  read: Name,
  { attention: spec }: BlockSpec,
  { queryKeyPositions, ...shared }: Around,
): Name {
  const placed = queryKeyPositions ? b.add(read, queryKeyPositions) : read;
  return attention(b, w, at, { q: placed, k: placed, v: read }, spec, shared);
}

function mlpOut(
  b: Builder,
  w: WeightLookup,
  at: string,
  read: Name,
  spec: NonNullable<BlockSpec["mlp"]>,
): Name {
  const [name, as] = [`${at}.mlp`, `${at}.hook_mlp_out`];
  return hasExperts(spec) ? experts(b, w, name, read, spec, as) : mlp(b, w, name, read, spec, as);
}

/** Where this model's norms are: before a part, after it, or on the stream that the part was added to. */
function partsOf(b: Builder, w: WeightLookup, at: string, { norm: spec, residual }: DecoderSpec) {
  const { norms, multiplier = 1 } = residual;
  const early = norms === "before" || norms === "around";
  const late = norms === "after" || norms === "around";
  return {
    before: (ln: "ln1" | "ln2", x: Name): Name => (early ? norm(b, w, `${at}.${ln}`, x, spec) : x),
    after: (ln: "ln1" | "ln2", x: Name): Name =>
      times(b, late ? norm(b, w, `${at}.${ln}_post`, x, spec) : x, multiplier),
    joined: (ln: "ln1" | "ln2", x: Name, written: Name, as: Name): Name =>
      norms === "stream" && spec
        ? b.rename(norm(b, w, `${at}.${ln}`, b.add(x, written), spec), {}, as)
        : b.add(x, written, as),
  };
}
