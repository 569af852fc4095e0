/** @file What uniform attention scores on rows of two copies, in all and by layer: the null that scores are compared with. */
import {
  ATTENTION_SCORES,
  attentionTables,
  type AttentionScore,
} from "../measure/attentionTables.ts";
import type { Repeats } from "../measure/repeats.ts";
import { uniformScores } from "../measure/uniformScores.ts";
import type { Architecture } from "../models/family.ts";
import { sightOf } from "./windowReach.ts";

interface UniformOnRows {
  readonly uniform: Record<AttentionScore, number>;
  readonly uniformByLayer?: Record<AttentionScore, number[]>;
}

/** The nulls of attention scores on rows of `length` tokens; a window or chunks that hide keys of them give each layer its own. */
export function uniformOnRows(
  architecture: Pick<Architecture, "layers" | "windows" | "chunks">,
  repeats: Repeats,
): UniformOnRows {
  const tables = attentionTables(repeats);
  const all = uniformScores(tables).data;
  const uniform = forEachScore((measure) => all[measure]!);
  const sights = Array.from({ length: architecture.layers }, (_, layer) =>
    sightOf(architecture, layer),
  );
  if (sights.every((sees) => sees === null || sees(repeats.length - 1, 0))) return { uniform };
  const nulls = sights.map((sees) => uniformScores(tables, sees ?? undefined).data);
  return {
    uniform,
    uniformByLayer: forEachScore((measure) => nulls.map((values) => values[measure]!)),
  };
}

function forEachScore<Value>(valueOf: (measure: number) => Value): Record<AttentionScore, Value> {
  const entries = ATTENTION_SCORES.map((name, measure) => [name, valueOf(measure)]);
  return Object.fromEntries(entries) as Record<AttentionScore, Value>;
}
