/** @file Blocks on a residual stream, one after the other, and the norm after them: what every kind of model is made of. */
import type { Builder, Name } from "../../graph/builder.ts";
import { block } from "./block.ts";
import { norm } from "./norms.ts";
import type { EmbeddedStream, Place } from "./place.ts";
import { earlierPositions, masksOf, rotaryTables, temperatures } from "./positions.ts";
import { previousPosition } from "./smearedKeys.ts";
import { attentionsOf, type StackSpec } from "./spec.ts";
import type { WeightLookup } from "./weights.ts";

/**
 * The stream after the last block and the final norm: [batch, position, d_model].
 *
 * @param memory what an encoder gives, for blocks with cross attention
 */
export function stack(
  b: Builder,
  w: WeightLookup,
  spec: StackSpec,
  { stream, queryKeyPositions }: EmbeddedStream,
  place: Place,
  memory: Name | null = null,
): Name {
  const { blocks, finalNorm = spec.norm } = spec;
  const smears = attentionsOf(spec).some(({ smearedKeys }) => smearedKeys);
  const around = {
    spec,
    queryKeyPositions,
    memory,
    maskOf: masksOf(b, w, spec, place),
    earlier: earlierPositions(b, place),
    tablesOf: rotaryTables(b, place),
    temperatureOf: temperatures(b, place),
    before: smears ? previousPosition(b) : null,
  };
  const end = blocks.reduce(
    (x, blockSpec, layer) => block(b, w, `${place.prefix}blocks.${layer}`, x, blockSpec, around), // [batch, position, d_model]
    stream,
  );
  return norm(b, w, `${place.prefix}ln_final`, end, finalNorm);
}
