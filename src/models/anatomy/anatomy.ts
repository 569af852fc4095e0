import type { Program } from "../../graph/program.ts";
import type { Architecture } from "../family.ts";
import { hookName, residBefore } from "./hookNames.ts";
import type { LayerAnatomy, MlpAnatomy, ProgramAnatomy } from "./programAnatomy.ts";
import { readAttention } from "./readAttention.ts";
import { operationsOf, type Operations } from "./readBack.ts";
import { readEnd, readLogits } from "./readEnd.ts";
import { passageOf, summandReader, type SummandsOf } from "./readStream.ts";

const cache = new WeakMap<Program, ProgramAnatomy>();

/**
 * Where the parts of a model are: read once for each Program, which is data that nothing changes.
 *
 * @param program a forward pass as the families build it; names stay right in edits of it
 */
export function anatomy(
  program: Program,
  { layers }: Pick<Architecture, "layers">,
): ProgramAnatomy {
  const reading = cache.get(program) ?? readAnatomy(operationsOf(program), layers);
  cache.set(program, reading);
  return reading;
}

function readAnatomy(operations: Operations, layers: number): ProgramAnatomy {
  const summandsOf = summandReader(operations);
  return {
    layers: Array.from({ length: layers }, (_, layer) => readLayer(operations, summandsOf, layer)),
    logits: readLogits(operations),
    end: readEnd(operations, summandsOf, residBefore(layers, layers)),
  };
}

function readLayer(operations: Operations, summandsOf: SummandsOf, layer: number): LayerAnatomy {
  const hook = (name: string) => hookName(layer, name);
  const [pre, post] = [hook("hook_resid_pre"), hook("hook_resid_post")];
  const mid = operations.producers.has(hook("hook_resid_mid")) ? hook("hook_resid_mid") : null;
  const passage = passageOf(summandsOf, mid ?? post, "attention", layer);
  return {
    layer,
    pre,
    mid,
    post,
    summands: summandsOf(pre),
    attention: readAttention(operations, layer, passage),
    mlp: readMlp(operations, summandsOf, layer, mid ?? pre),
  };
}

function readMlp(
  { producers }: Operations,
  summandsOf: SummandsOf,
  layer: number,
  reads: string,
): MlpAnatomy | null {
  const output = hookName(layer, "hook_mlp_out");
  if (!producers.has(output)) return null;
  const post = hookName(layer, "hook_resid_post");
  return { reads, output, passage: passageOf(summandsOf, post, "mlp", layer) };
}
