/**
 * @file What the detector reads off the patterns of a model. Copying needs to know where attention is largest, which is no
 * linear measure, so patterns are captured; the linear measures are then contracted with their tables in the same pass.
 */
import { tensor, type Tensor } from "../../base/tensor.ts";
import { contract } from "../../measure/contract.ts";
import { diagonalTable } from "../../measure/diagonals.ts";
import { distanceTable } from "../../measure/distanceScan.ts";
import {
  detectorScores,
  legacyDetectorScores,
  type DetectorScores,
} from "../../measure/prefixDetector.ts";
import { stackTables } from "../../measure/weightTable.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { headsIn } from "../../models/headCounts.ts";
import type { Backend } from "../../base/backend.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { runModel } from "../run/runModel.ts";
import type { MeasuredPattern } from "../../text/patterns/generators.ts";

/** One head on one sequence. */
export interface HeadSequence {
  readonly scores: DetectorScores;
  readonly legacy: DetectorScores;
  readonly diagonal: number;
  readonly inductionStripe: number;
}

/**
 * Scores of every head on every sequence.
 *
 * @param rows tokens to run, axes [batch, position]; those of `pattern`, or a control of its layout
 * @param pattern whose tokens say what counts as a copy
 * @returns [layer][head][sequence]
 */
export async function detectorScan(
  model: LoadedModel,
  backend: Backend,
  rows: Tensor<Int32Array>,
  pattern: MeasuredPattern,
  { signal, progress, memory }: StudyOptions,
): Promise<HeadSequence[][][]> {
  const { layers } = model.architecture;
  const [, length] = rows.shape as readonly [number, number];
  const tables = stackTables([
    diagonalTable(length, 1),
    distanceTable(length, pattern.queries, pattern.period - 1),
  ]);
  const sequencesOfHead: HeadSequence[][][] = Array.from({ length: layers }, (_, layer) =>
    Array.from({ length: headsIn(model.architecture, layer) }, () => []),
  );
  const names = Array.from({ length: layers }, (_, layer) => patternName(layer));
  const receive = ({ name }: { readonly name: string }, first: number, values: Tensor) => {
    const layer = names.indexOf(name);
    for (let row = 0; row < values.shape[0]!; row++) {
      const at = (first + row) * length;
      const tokens = pattern.tokens.data.subarray(at, at + length);
      const sequence = sequenceScores(patternOf(values, row), tokens, tables);
      sequence.forEach((scores, head) => sequencesOfHead[layer]![head]!.push(scores));
    }
  };
  const run = { backend, memory, signal, progress };
  await runModel(model, { ...run, tokens: rowsOf(rows), names, receive });
  return sequencesOfHead;
}

/** The name of a layer's attention, TransformerLens' hook. */
export function patternName(layer: number): string {
  return `blocks.${layer}.attn.hook_pattern`;
}

/** One sequence of attention with axes [batch, head, query, key]. */
export function patternOf({ shape, data }: Tensor, row: number): Tensor {
  const [, heads, queries, keys] = shape as readonly [number, number, number, number];
  const size = heads * queries * keys;
  const part = data.subarray(row * size, (row + 1) * size);
  return tensor(["head", "query", "key"], [heads, queries, keys], part);
}

export function rowsOf({ shape, data }: Tensor<Int32Array>): number[][] {
  const [rows, length] = shape as readonly [number, number];
  return Array.from({ length: rows }, (_, row) => [
    ...data.subarray(row * length, (row + 1) * length),
  ]);
}

function sequenceScores(
  attention: Tensor,
  tokens: ArrayLike<number>,
  tables: Tensor,
): HeadSequence[] {
  const heads = attention.shape[0]!;
  const scores = detectorScores(attention, tokens);
  const legacy = legacyDetectorScores(attention, tokens);
  const { data } = contract(attention, tables);
  return scores.map((headScores, head) => ({
    scores: headScores,
    legacy: legacy[head]!,
    diagonal: data[head]!,
    inductionStripe: data[heads + head]!,
  }));
}
