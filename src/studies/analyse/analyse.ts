/** @file `analyse`: a whole notebook about induction in one call: test, scores, patch scan, attention, lens. */
import { progressOfStep } from "../../base/progress.ts";
import { beginResult } from "../../results/beginResult.ts";
import { checkCanRun } from "../common/canRun.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { INDUCTION_ATTENTION, substantialHeads } from "../../measure/attendsLikeInduction.ts";
import { uniformOf } from "../../measure/uniformScores.ts";
import { headDepth, isAtClaimedDepth } from "../../measure/headDepth.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AnalyseResult, InductionTest } from "./result.ts";
import type { PatchResult } from "../patch/result.ts";
import type { ScoreResult } from "../score/result.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { tokenPattern } from "../../text/patterns/generators.ts";
import { attention } from "../attention/attention.ts";
import { lens } from "../lens/lens.ts";
import { score } from "../score/score.ts";
import { generatedRows, type RepeatedRows } from "../../inputs/scoreInput.ts";
import { findings } from "./findings.ts";
import { inductionTest, type TestRows } from "./inductionTest.ts";
import { patchScan, type PatchScan } from "./patchScan.ts";
import { ANALYSE_OPTIONS, analysePlan, type AnalyseOptions } from "./plan.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/** Tokens back to the earlier copy in the single-token test. */
const DISTANCE = 10;

/**
 * The steps that a notebook about induction takes: does the model predict what followed a repeat; which layers, heads carry it; where
 * the best heads attend; at which layer the prediction forms.
 *
 * Causes are activation patches (design BA, clean values into corrupted runs, mean log-probability of the second copy), so
 * they are above 0 only where the model does induction; where clean and corrupted runs differ by less than noise there are
 * none, and `warnings` says so.
 *
 * @returns one Result that holds those of the studies; a model without induction predicts 1 / vocabulary of the targets
 * @throws {InputError} as the studies; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function analyse(
  model: LoadedModel,
  options: AnalyseOptions = {},
): Promise<AnalyseResult> {
  checkOptionNames("analyse", options, ANALYSE_OPTIONS);
  checkCanRun("analyse", model);
  const backend = await engineFor(model, options);
  const { signal, progress } = options;
  const { input, rows: count, shownHeads, screen } = analysePlan(model.architecture, options);
  const shared = { backend, ...input, signal, progress };
  const rows = generatedRows(model.architecture, { ...input, numExamples: count.test });
  const started = performance.now();
  const tokenizer = await readableTokenizer(model);
  const tests: InductionTest[] = [];
  for (const test of [singleToken(model, rows), block(rows)])
    tests.push(
      await inductionTest(model, backend, tokenizer, test, {
        signal,
        progress: progressOfStep(progress, `testing induction (${test.kind})`),
      }),
    );
  const scored = await score(model, { ...shared, numExamples: count.score });
  const patches = await patchScan(model, { ...shared, numExamples: count.patch }, screen);
  const last = rows.start + 2 * rows.period - 1;
  const studies = {
    score: scored,
    ...patches,
    lens: await lens(model, { ...shared, numExamples: count.lens, positions: [last] }),
    attention: await attention(model, {
      ...shared,
      numExamples: count.attention,
      heads: bestHeads(scored, shownHeads),
    }),
  };
  const parts = {
    inductionTest: tests,
    importantLayers: importantLayers(patches),
    depth: depthOf(scored),
    studies,
  };
  return {
    ...beginResult("induction-lens/analyse@1"),
    ...headerOf(model, scored.input, warningsOf(scored, patches)),
    ...parts,
    findings: findings(parts),
    ...footerOf(backend, { run: performance.now() - started }),
  };
}

/** One token of a random row comes again at its end. */
function singleToken({ architecture }: LoadedModel, { info, period }: RepeatedRows): TestRows {
  const { tokens, period: distance } = tokenPattern("embedded", {
    seed: info.seed!,
    examples: info.examples,
    period: Math.min(DISTANCE, period),
    bos: info.bos ? info.bosToken : null,
    ordinary: drawnTokens(architecture).ids,
    recurring: 1,
  });
  return { kind: "single token", tokens, distance };
}

function block({ tokens, period }: RepeatedRows): TestRows {
  return { kind: "block", tokens, distance: period };
}

function warningsOf({ warnings }: ScoreResult, { patchHeads, screenHeads }: PatchScan): string[] {
  const none =
    "clean and corrupted runs differ by less than 3 standard errors, so nothing was patched: the model does no induction on these rows";
  return [...warnings, ...(patchHeads || screenHeads ? [] : [none])];
}

/** Heads above twice uniform attention, or the best one. */
function bestHeads(result: ScoreResult, most: number): HeadAt[] {
  return result.top
    .slice(0, most)
    .filter(
      ({ layer, score: value }, index) =>
        index === 0 ||
        value > INDUCTION_ATTENTION.timesUniform * uniformOf(result, "induction", layer),
    )
    .map(({ layer, head }) => ({ layer, head }));
}

function importantLayers({
  patchAttention,
  patchMlp,
}: PatchScan): AnalyseResult["importantLayers"] {
  const effectsOf = (what: string, result: PatchResult | null) =>
    (result?.important ?? []).map(({ layer, effect, low, high }) => ({
      name: `${what} ${layer}`,
      layer,
      effect,
      interval: low === null || high === null ? null : ([low, high] as [number, number]),
    }));
  return [...effectsOf("attention", patchAttention), ...effectsOf("mlp", patchMlp)].sort(
    (effect, other) => other.effect - effect.effect,
  );
}

function depthOf(result: ScoreResult): AnalyseResult["depth"] {
  const layers = result.scores.induction.length;
  const heads = substantialHeads(result.scores.induction, result);
  const fractions = heads.map(({ layer }) => headDepth(layer, layers));
  return {
    heads: heads.map(headName),
    fractions,
    withinClaim: heads.length === 0 ? null : fractions.filter(isAtClaimedDepth).length,
  };
}
