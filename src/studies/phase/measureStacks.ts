/** @file What one checkpoint of an encoder-decoder shows: alignment of its cross heads, and the loss of the copy across. */
import type { Backend } from "../../base/backend.ts";
import type { StackRows } from "../../inputs/stackRows.ts";
import { mean } from "../../measure/mean.ts";
import { crossTables, selfTables, stackScores, type Direction } from "../../measure/stackScores.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { copyLosses, lossProgram, lossRows } from "../stacks/copyLosses.ts";
import { scoredStacks } from "../stacks/parts.ts";
import { scoreParts, type Scores } from "../stacks/scoreParts.ts";
import { withRuns } from "../stacks/stackRuns.ts";
import type { CheckpointNumbers } from "./measureCheckpoint.ts";

/** What is said of such a run beside its numbers. */
export const ACROSS =
  "this is an encoder-decoder: induction is the alignment of cross-attention (attention to the token of the encoder that is written next), its control the same where the encoder reads other tokens, previous-token heads are the encoder's, and the copy gain is the loss where the encoder reads other tokens less that where it reads those to write";

/** @throws {AbortError} between two runs once `signal` is aborted */
export async function measureStacks(
  model: LoadedModel,
  backend: Backend,
  { across, repeats, self, info }: StackRows,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<CheckpointNumbers> {
  const { program, architecture } = model;
  const lent = { backend, signal };
  const parts = scoredStacks(program, architecture);
  const { copied, other, crossing } = across!;
  const crosses = parts
    .filter(({ direction }) => direction === "across")
    .map((part) => ({ ...part, tables: crossTables(crossing) }));
  const encoders = parts
    .filter(({ direction, stack }) => direction === "back" && stack === "encoder")
    .map((part) => ({ ...part, tables: selfTables(repeats.get("encoder")!, "back") }));
  const [aligned] = await scoreParts(program, crosses, copied, lent);
  const [without] = await scoreParts(program, crosses, other, lent);
  const [encoder] = await scoreParts(program, encoders, self, lent);
  const rows = lossRows(across!, info.examples);
  const lossy = lossProgram(program, architecture.vocabulary);
  const losses = await withRuns(lossy, rows.copied, lent, (runs) => copyLosses(runs, rows));
  return {
    induction: meansOf(aligned!.scores, "across", "alignment"),
    control: meansOf(without!.scores, "across", "alignment"),
    previousToken: meansOf(encoder!.scores, "back", "previousToken"),
    copying: null,
    firstCopy: mean(losses.other),
    secondCopy: mean(losses.copied),
    icl: null,
    strategies: null,
    weights: new Map(),
  };
}

/** [layer][head] of one score. */
function meansOf(scores: Scores, direction: Direction, name: string): number[][] {
  const at = stackScores(direction).findIndex((score) => score.name === name);
  return scores[at]!.map((layer) => layer.map(mean));
}
