/** @file `scoreStacks`: what `score` measures in encoders and models with several stacks, direction by direction. */
import { checkOptionNames } from "../../base/optionNames.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { CrossRows } from "../../inputs/stackRows.ts";
import { crossTables, selfTables } from "../../measure/stackScores.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { stacksResultOf, type MeasuredPart } from "./buildResult.ts";
import { scoredStacks, type ScoredStack } from "./parts.ts";
import { SCORE_STACKS_OPTIONS, scoreStacksPlan, type ScoreStacksOptions } from "./plan.ts";
import type { StacksResult } from "./result.ts";
import { copyLosses, lossProgram, lossRows, type CopyLosses } from "./copyLosses.ts";
import { scoreParts } from "./scoreParts.ts";
import { withRuns, type Lent } from "./stackRuns.ts";

/**
 * Scores every head of an encoder, or of each stack of a model that reads tokens in several.
 *
 * Encoders see both directions, so each is scored by itself: back (queries of the second copy) and ahead (queries of the first).
 * A decoder's attention to itself has its five scores, on tokens that its encoder does not read; its attention to the encoder is
 * scored where it is made to write what the encoder reads.
 *
 * @returns scores from 0 to 1 with 95 % intervals, and in encoder-decoders losses in nats. Attention without any structure scores `uniform`
 * @throws {InputError} "study" for a model that `score` measures, or one that reads no tokens; for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function scoreStacks(
  model: LoadedModel,
  options: ScoreStacksOptions = {},
): Promise<StacksResult> {
  checkOptionNames("scoreStacks", options, SCORE_STACKS_OPTIONS);
  checkCanRun("score-stacks", model);
  const engine = await engineFor(model, options);
  const plan = scoreStacksPlan(model, options);
  const { rows, lossExamples } = plan;
  const { self, repeats, across } = rows;
  const parts = scoredStacks(model.program, model.architecture);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const lent = { backend, signal: options.signal, progress: options.progress };
    const own: TabledStack[] = [];
    const crossing: TabledStack[] = [];
    for (const part of parts) {
      if (part.direction === "across")
        crossing.push({ ...part, tables: crossTables(across!.crossing) });
      else own.push({ ...part, tables: selfTables(repeats.get(part.input)!, part.direction) });
    }
    const measured = await scoreParts(model.program, own, self, lent);
    const looking = own.filter(({ input }) => input === "pixels");
    const controls = rows.control
      ? await scoreParts(model.program, looking, rows.control, lent)
      : [];
    const crossed = across ? await scoreParts(model.program, crossing, across.copied, lent) : [];
    const losses =
      across && lossExamples > 0 ? await lossesOf(model, across, lossExamples, lent) : null;
    const controlOf = ({ input, direction }: MeasuredPart) =>
      input === "pixels" ? controls.find((control) => control.direction === direction) : undefined;
    const all: MeasuredPart[] = [
      ...measured.map((part) => ({ ...part, control: controlOf(part)?.scores })),
      ...crossed,
    ];
    return stacksResultOf(model, backend, plan, { parts: all, losses }, { run: elapsed() });
  });
}

interface TabledStack extends ScoredStack {
  readonly tables: Tensor;
}

async function lossesOf(
  { program, architecture }: LoadedModel,
  across: CrossRows,
  examples: number,
  lent: Lent,
): Promise<CopyLosses> {
  const rows = lossRows(across, examples);
  const lossy = lossProgram(program, architecture.vocabulary);
  return withRuns(lossy, rows.copied, lent, (runs) => copyLosses(runs, rows));
}
