/** @file One block: attention (or a state-space layer) and MLP with their norms, and what they add to the residual stream. */
import type { Builder, Name } from "../../graph/builder.ts";
import { attention, type AttentionPart, type SharedInputs } from "./attention.ts";
import { experts } from "./experts.ts";
import { mlp } from "./mlp.ts";
import { norm } from "./norms.ts";
import { times } from "./numbers.ts";
import { hasExperts, type BlockSpec, type StackSpec } from "./spec.ts";
import { ssm } from "./ssm.ts";
import type { WeightLookup } from "./weights.ts";

/** What writes a block with: the whole model's spec, and values that all blocks read. */
export interface Around extends SharedInputs {
  readonly spec: StackSpec;
  /** Learned positions that queries and keys alone see (shortformer); null elsewhere. */
  readonly queryKeyPositions: Name | null;
  /** What an encoder gives; null for a stack that reads none. */
  readonly memory: Name | null;
}

/**
 * From `hook_resid_pre` to `hook_resid_post`. The norms are ln1 and ln2 before attention and MLP, ln1_post and ln2_post
 * after them; with cross attention ln2 is before it and ln3 before the MLP. `hook_attn_out`, `hook_cross_attn_out` and `hook_mlp_out` are before ln1_post, ln2_post and the residual multiplier.
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
  const ln1 = block.attentionNorm === false ? pre : part.before("ln1", pre);
  const attended = part.after("ln1", attentionOut(b, w, at, ln1, block, around));
  const base = residual.fromNorm ? ln1 : pre;
  if (!block.mlp) return part.joined("ln1", base, attended, post);
  if (residual.parallel) {
    const read = residual.parallel === "one norm" ? ln1 : part.before("ln2", pre);
    const output = part.after("ln2", mlpOut(b, w, at, read, block.mlp));
    return b.add(b.add(pre, attended), output, post);
  }
  const mid = part.joined("ln1", base, attended, `${at}.hook_resid_mid`);
  const [crossed, ln] = crossedWith(b, w, at, mid, block, around, part);
  const ln2 = part.before(ln, crossed);
  const mlpOutput = part.after(ln, mlpOut(b, w, at, ln2, block.mlp));
  return part.joined(ln, residual.fromNorm ? ln2 : crossed, mlpOutput, post);
}

/** The stream after cross attention, `hook_resid_mid_cross`, and which norm the MLP has; as it was where there is none. */
function crossedWith(
  b: Builder,
  w: WeightLookup,
  at: string,
  mid: Name,
  { cross }: BlockSpec,
  { memory, spec, queryKeyPositions: _, ...shared }: Around,
  part: ReturnType<typeof partsOf>,
): readonly [Name, Ln] {
  if (!cross || !memory) return [mid, "ln2"];
  const read = part.before("ln2", mid);
  const input = { q: read, k: memory, v: memory };
  const which: AttentionPart = "cross_attn";
  const output = part.after("ln2", attention(b, w, at, input, cross, shared, which));
  const base = spec.residual.fromNorm ? read : mid;
  return [part.joined("ln2", base, output, `${at}.hook_resid_mid_cross`), "ln3"];
}

type Ln = "ln1" | "ln2" | "ln3";

function attentionOut(
  b: Builder,
  w: WeightLookup,
  at: string,
  read: Name,
  { attention: spec, ssm: scan }: BlockSpec,
  { queryKeyPositions, memory: _, spec: __, ...shared }: Around,
): Name {
  if (!spec) return ssm(b, w, at, read, scan!, shared);
  const input = queryKeyPositions ? b.add(read, queryKeyPositions) : read;
  return attention(b, w, at, { q: input, k: input, v: read }, spec, shared);
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
function partsOf(b: Builder, w: WeightLookup, at: string, { norm: spec, residual }: StackSpec) {
  const { norms, multiplier = 1 } = residual;
  const early = norms === "before" || norms === "around";
  const late = norms === "after" || norms === "around";
  return {
    before: (ln: Ln, x: Name): Name => (early ? norm(b, w, `${at}.${ln}`, x, spec) : x),
    after: (ln: Ln, x: Name): Name => {
      const scale = w(`${at}.${ln}_scale`); // a learned factor for each entry (DINOv2)
      const scaled = scale ? b.mul(x, scale) : x;
      return times(b, late ? norm(b, w, `${at}.${ln}_post`, scaled, spec) : scaled, multiplier);
    },
    joined: (ln: Ln, x: Name, output: Name, as: Name): Name =>
      norms === "stream" && spec
        ? b.rename(norm(b, w, `${at}.${ln}`, b.add(x, output), spec), {}, as)
        : b.add(x, output, as),
  };
}
