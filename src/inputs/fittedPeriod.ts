import type { Architecture } from "../models/family.ts";
import { fitPeriod } from "../text/patterns/fitPeriod.ts";
import { drawnTokens } from "../models/drawnTokens.ts";
import { generatedRows, type GeneratedInput } from "./scoreInput.ts";
import { reachWarnings } from "./windowReach.ts";

/**
 * The period of generated rows that have several blocks without a common token: as `generatedRows`, or shorter where the
 * vocabulary is too small for them.
 *
 * @throws {InputError} "range" for sizes that were asked for and do not fit
 */
export function fittedPeriod(
  architecture: Architecture,
  input: GeneratedInput,
  distinctBlocks: number,
): { readonly period: number; readonly warnings: readonly string[] } {
  const first = generatedRows(architecture, { ...input, numExamples: 1 });
  const { period, warning } = fitPeriod({
    period: first.period,
    explicit: input.seqLen !== undefined,
    contextLength: architecture.contextLength,
    start: first.start,
    ordinary: drawnTokens(architecture).ids.length,
    distinctBlocks,
  });
  return {
    period,
    warnings: warning
      ? [warning, ...reachWarnings(architecture, period, first.start)]
      : first.warnings,
  };
}
