/** @file What weight tables read of the attention of every head, row by row: several parts of a model on the same rows. */
import type { Tensor } from "../../base/tensor.ts";
import {
  attentionScoreValues,
  attentionTableFeeds,
  withAttentionScores,
} from "../../graph/edits/withAttentionScores.ts";
import { prune, type Program } from "../../graph/program.ts";
import type { FedRows } from "../../inputs/stackRows.ts";
import { unpackScores } from "../../measure/unpackScores.ts";
import type { ScoredStack } from "./parts.ts";
import { withRuns, type Lent } from "./stackRuns.ts";

/** A part of a model, and its weight tables, axes [measure, query, key]. */
export interface TabledPart extends Pick<ScoredStack, "scored" | "layers" | "heads"> {
  readonly tables: Tensor;
}

/** [score][layer][head], a number for each row. */
export type Scores = readonly (readonly (readonly Float64Array[])[])[];

/** The scores of some parts on the same rows, in one session. @throws {AbortError} between two runs once `signal` is aborted */
export async function scoreParts<Part extends TabledPart>(
  program: Program,
  parts: readonly Part[],
  rows: FedRows,
  lent: Lent,
): Promise<(Part & { readonly scores: Scores })[]> {
  const scored = parts.reduce(
    (before, { scored: part, layers, tables }) =>
      withAttentionScores(before, { layers, measures: tables.shape[0]!, part }),
    { ...program, outputs: [] as readonly string[] },
  );
  const feeds = parts.flatMap(({ tables, scored: part }) => attentionTableFeeds(tables, part));
  const examples = [...rows.values()][0]!.shape[0]!;
  const results = parts.map((part) => ({ ...part, scores: emptyScores(part, examples) }));
  await withRuns(prune(scored), rows, lent, (runs) =>
    runs.pass(rows, feeds, (trace, first) => {
      for (const { scored: part, layers, scores } of results) {
        const names = attentionScoreValues(part);
        for (let layer = 0; layer < layers; layer++)
          unpackScores(trace.get(names.scores(layer))!).forEach((heads, score) =>
            heads.forEach((values, head) => scores[score]![layer]![head]!.set(values, first)),
          );
      }
    }),
  );
  return results;
}

function emptyScores({ tables, layers, heads }: TabledPart, examples: number): Float64Array[][][] {
  return Array.from({ length: tables.shape[0]! }, () =>
    Array.from({ length: layers }, () =>
      Array.from({ length: heads }, () => new Float64Array(examples)),
    ),
  );
}
