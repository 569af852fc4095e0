/** @file What uniform attention scores on rows of two copies, in all and by layer: the null that scores are compared with. */
import { attentionTables, forEachScore, type AttentionScore } from "../measure/attentionTables.ts";
import type { Repeats } from "../measure/repeats.ts";
import { uniformScores } from "../measure/uniformScores.ts";
import type { Architecture } from "../models/family.ts";
import { forEachSight } from "./windowReach.ts";

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
  const uniform = forEachScore((_, measure) => all[measure]!);
  const seesAll = forEachSight(architecture, (sees) => !sees || sees(repeats.length - 1, 0));
  if (seesAll.every((whole) => whole)) return { uniform };
  const nulls = forEachSight(architecture, (sight) => uniformScores(tables, sight).data);
  return {
    uniform,
    uniformByLayer: forEachScore((_, measure) => nulls.map((values) => values[measure]!)),
  };
}
