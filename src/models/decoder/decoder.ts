/** @file Any decoder: what it is made of and its weights, as one Program. */
import { builder, type Builder } from "../../graph/builder.ts";
import type { Program } from "../../graph/program.ts";
import type { BoundWeights } from "../weightMap.ts";
import { block } from "./block.ts";
import { embed, unembed } from "./embedding.ts";
import { norm } from "./norms.ts";
import { masksOf, rotaryTables } from "./positions.ts";
import { previousPosition } from "./smearedKeys.ts";
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
  const { blocks, contextLength, finalNorm = spec.norm } = spec;
  const { stream, queryKeyPositions } = embed(b, w, spec); // [batch, position, d_model]
  const around = { ...sharedInputs(b, spec), spec, queryKeyPositions };
  const end = blocks.reduce(
    (x, one, layer) => block(b, w, `blocks.${layer}`, x, one, around), // [batch, position, d_model]
    stream,
  );
  const normed = norm(b, w, "ln_final", end, finalNorm);
  const limits = { position: contextLength };
  if (headless !== null) return { ...b.program([normed], limits), absent: { logits: headless } };
  unembed(b, w, normed, spec); // [batch, position, d_vocab]
  return b.program(["logits"], limits);
}

function sharedInputs(b: Builder, spec: DecoderSpec) {
  const smears = spec.blocks.some(({ attention }) => attention.smearedKeys);
  return {
    maskOf: masksOf(b, spec),
    tablesOf: rotaryTables(b),
    before: smears ? previousPosition(b) : null,
  };
}
