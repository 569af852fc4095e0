/** @file Any decoder, or encoder of tokens: what it is made of and its weights, as one Program. */
import { builder } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import type { BoundWeights } from "../weightMap.ts";
import { embed, unembed } from "./embedding.ts";
import { ALONE } from "./place.ts";
import { stack } from "./stack.ts";
import type { DecoderSpec } from "./spec.ts";

/**
 * The whole forward pass. Its outputs are `logits`, or, where the files have no unembedding, the last residual stream after
 * the final norm.
 *
 * @param weights of `bindWeights`, under the names that the parts look for
 * @param headless why there is no unembedding; null where there is one
 */
export function decoderProgram(
  spec: DecoderSpec,
  weights: BoundWeights,
  headless: string | null = null,
): Program {
  const b = builder();
  const w = weights(b);
  const normed = stack(b, w, spec, embed(b, w, spec, ALONE), ALONE); // [batch, position, d_model]
  const limits = { position: spec.contextLength };
  if (headless !== null) return { ...b.program([normed], limits), absent: { logits: headless } };
  unembed(b, w, normed, spec, ALONE); // [batch, position, d_vocab]
  return b.program(["logits"], limits);
}
