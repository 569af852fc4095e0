/** @file `few-shot`: heads whose mean output carries a task, and few-shot accuracy without these or without induction heads. */
import type { Backend } from "../../base/backend.ts";
import { InputError, throwIfAborted } from "../../base/errors.ts";
import type { HeadAt } from "../../base/headName.ts";
import { checkOptionNames } from "../../base/optionNames.ts";
import { bosFor } from "../../inputs/scoreInput.ts";
import { allHeads } from "../../interventions/headNames.ts";
import {
  openLastTokenRuns,
  type AskedRow,
  type LastAnswer,
  type LastTokenRuns,
} from "../../interventions/lastTokenRuns.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { Tokenizer } from "../../text/tokenizer/tokenizer.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { score } from "../score/score.ts";
import { fewShotResultOf } from "./buildResult.ts";
import { headCurves, type HeadCurve } from "./curves.ts";
import { functionVectors, taskPrompts, type FunctionVectors } from "./functionVectors.ts";
import { FEW_SHOT_OPTIONS, fewShotPlan, type FewShotOptions } from "./plan.ts";
import { fewShotPrompts, fewShotTasks, type FewShotSource } from "./prompts.ts";
import type { FewShotResult } from "./result.ts";

/**
 * Function-vector scores of all heads, and what few-shot prompts lose without the best heads by these scores or by induction.
 *
 * A head is ablated at the last token alone, where its output becomes its mean over clean prompts of all tasks; that is what the source
 * does. Curves ablate the best x % of one kind, once as they are and once without the best `exclude` % of the other kind, so that a head
 * that is both does not count for both; beside them random sets of as many heads of each layer.
 *
 * @returns scores from -1 to 1, accuracies from 0 to 1. Scores and curves have prompts of different words
 * @throws {InputError} "study" for a model that cannot do it, "tokenizer" where there is none or it has too few of the words as single
 *   tokens, "options" and "range" for options that do not fit
 * @throws {UnableError} if memory does not suffice; @throws {AbortError} between two runs once `signal` is aborted
 * @see Yin & Steinhardt 2025 (arXiv:2502.14010), section 4. Differs from theirs: an answer is right where its token is the likeliest, no
 *   text is generated; random sets are layer by layer
 */
export async function fewShot(
  model: LoadedModel,
  options: FewShotOptions = {},
): Promise<FewShotResult> {
  checkOptionNames("few-shot", options, FEW_SHOT_OPTIONS);
  checkCanRun("few-shot", model);
  const plan = fewShotPlan(options);
  const { bosToken, policy } = bosFor(model.architecture, options.bos ?? "auto");
  const tokenizer = await tokenizerOf(model);
  const { contextLength } = model.architecture;
  const { shots, seed } = plan;
  const source: FewShotSource = { tokenizer, bos: bosToken, shots, seed, contextLength };
  const found = fewShotTasks(source, plan.tasks);
  if (typeof found === "string") throw new InputError("tokenizer", `few-shot: ${found}`);
  const engine = await engineFor(model, options);
  const { signal, progress } = options;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const induction = await inductionOf(model, backend, options);
    const runs = await openLastTokenRuns(model, backend, found.length);
    try {
      const heads = allHeads(model.architecture);
      const prompts = found.tasks.map((task) =>
        taskPrompts(source, task, { clean: plan.scored, shuffled: plan.scored }),
      );
      const vectors = await functionVectors(runs, heads, prompts, { signal, progress });
      const curves = headCurves(scoredHeads(heads, vectors, induction.scores), plan);
      const rows = found.tasks.map((task) =>
        fewShotPrompts(source, task, { half: "tested", count: plan.examples, stream: 3 }),
      );
      const answers = await answersOf(runs, rows.flat(), curves, vectors, options);
      const measured = { found, rows, vectors, induction, curves, answers };
      const about = { plan, policy, bosToken, tokenizer };
      return fewShotResultOf(model, backend, measured, about, { run: elapsed() });
    } finally {
      await runs.close();
    }
  });
}

async function tokenizerOf(model: LoadedModel): Promise<Tokenizer> {
  const tokenizer = await readableTokenizer(model);
  if (tokenizer) return tokenizer;
  throw new InputError(
    "tokenizer",
    "few-shot prompts are made of words, and there is no tokenizer beside the model",
  );
}

const INDUCTION_EXAMPLES = 40;

async function inductionOf(
  model: LoadedModel,
  backend: Backend,
  { seed, bos, signal, progress }: FewShotOptions,
): Promise<FewShotResult["induction"]> {
  const shared = { backend, seed, bos, signal, progress };
  const { scores, input } = await score(model, {
    ...shared,
    numExamples: INDUCTION_EXAMPLES,
    lossExamples: 0,
  });
  return { scores: scores.induction, examples: input.examples };
}

function scoredHeads(
  heads: readonly HeadAt[],
  { gains }: FunctionVectors,
  induction: readonly (readonly number[])[],
) {
  return heads.map(({ layer, head }) => ({
    ...{ layer, head, induction: induction[layer]![head]! },
    functionVector: gains[layer]![head]!.reduce((sum, gain) => sum + gain, 0),
  }));
}

/** Sets of heads that curves ablate, in the order of {@link answersOf}: none, then each point with its random sets. */
export function ablatedSets(curves: readonly HeadCurve[]): (readonly HeadAt[])[] {
  const points = curves.flatMap((curve) => curve.points);
  return [[], ...points.flatMap(({ heads, random }) => [heads, ...random])];
}

/** By row, then by set. */
async function answersOf(
  runs: LastTokenRuns,
  rows: readonly AskedRow[],
  curves: readonly HeadCurve[],
  { means }: FunctionVectors,
  { signal, progress }: FewShotOptions,
): Promise<LastAnswer[][]> {
  const sets = ablatedSets(curves);
  const answers: LastAnswer[][] = [];
  for (const row of rows) {
    answers.push(await runs.answers(row, sets, means));
    progress?.("answering without heads", answers.length, rows.length);
    throwIfAborted(signal);
  }
  return answers;
}
