/** @file The token pattern that a detector measures, made for a model. */
import type { Tensor } from "../../base/tensor.ts";
import type { Architecture } from "../../models/family.ts";
import type { InputInfo } from "../../results/common.ts";
import { disjointControl } from "../../text/patterns/controls.ts";
import {
  tokenPattern,
  type MeasuredPattern,
  type PatternName,
} from "../../text/patterns/generators.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { DetectorPlan } from "./plan.ts";
import { generatedRows } from "../../inputs/scoreInput.ts";

export interface DetectorInput {
  readonly pattern: MeasuredPattern;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
  /** The same rows and first blocks without repetition (control D); null where the pattern or vocabulary has none. */
  readonly control: Tensor<Int32Array> | null;
}

/** @throws {InputError} "range" for sizes that do not fit, "bos" if BOS is requested for a model without */
export function detectorInput(architecture: Architecture, plan: DetectorPlan): DetectorInput {
  const { pattern: name, numExamples, seed, copies } = plan;
  const { info, warnings } = generatedRows(architecture, plan);
  const ordinary = drawnTokens(architecture).ids;
  const block = blockOf(name, info, architecture.contextLength, copies);
  const shared = { seed, examples: numExamples, bos: info.bosToken, ordinary };
  const pattern = tokenPattern(name, { ...shared, period: block, copies });
  const length = pattern.tokens.shape[1]!;
  const hasControl = name === "repeated" && 2 * block <= ordinary.length;
  return {
    pattern,
    info: { ...info, kind: name, period: pattern.period, length },
    warnings: pattern.measurable ? warnings : [...warnings, `${name} is ${pattern.use}`],
    control: hasControl ? disjointControl({ ...shared, period: block }).tokens : null,
  };
}

/** Tokens in a block: `copy` has one token more than two blocks, `periodic` shares the length among its copies. */
function blockOf(name: PatternName, info: InputInfo, context: number, copies: number): number {
  const period = info.period!;
  if (name === "periodic") return Math.floor((2 * period) / copies);
  return name === "copy" && info.length + 1 > context ? period - 1 : period;
}
