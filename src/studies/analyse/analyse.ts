/** @file `analyse`: a whole notebook about induction in one call: test, scores, patch scan, attention, lens. */
import { engineFor } from "../../runtime/engineFor.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { VERSION } from "../../base/version.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { AnalyseResult, InductionTest } from "./result.ts";
import type { PatchResult } from "../patch/result.ts";
import type { ScoreResult } from "../score/result.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import { tokenPattern } from "../../text/patterns/generators.ts";
import { environmentOf, modelInfoOf } from "../common/about.ts";
import { attention } from "../attention/attention.ts";
import { lens } from "../lens/lens.ts";
import { score } from "../score/score.ts";
import { generatedRows, type GeneratedInput, type RepeatedRows } from "../../inputs/scoreInput.ts";
import { findings } from "./findings.ts";
import { inductionTest, type TestRows } from "./inductionTest.ts";
import { patchScan, type HeadScreen, type PatchScan } from "./patchScan.ts";

export interface AnalyseOptions extends GeneratedInput, StudyOptions {
  /** Left out: all heads of a model with up to 64, else 20. */
  readonly screen?: HeadScreen | undefined;
}

const SEQ_LEN = 32;
const TEST_EXAMPLES = 100;
/** Tokens back to the earlier copy in the single-token test. */
const DISTANCE = 10;
const SHOWN_HEADS = 4;

/**
 * The steps of the seed project's notebook: does the model predict what followed a repeat; which layers, heads carry it; where
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
  const backend = await engineFor(model, options);
  const { signal, progress, screen: asksFor, ...asked } = options;
  const running = { ...(signal && { signal }), ...(progress && { progress }) };
  const input = { seqLen: SEQ_LEN, ...shrunk(model, asked) };
  const rows = generatedRows(model.architecture, { ...input, numExamples: TEST_EXAMPLES });
  const started = performance.now();
  const tokenizer = await model.tokenizer();
  const tests: InductionTest[] = [];
  for (const test of [singleToken(model, rows), block(rows)])
    tests.push(await inductionTest(model, backend, tokenizer, test, running));
  const scored = await score(model, { backend, numExamples: 30, ...input, ...running });
  const patches = await patchScan(model, backend, { ...input, ...running }, asksFor);
  const last = rows.start + 2 * rows.period - 1;
  const studies = {
    score: scored,
    ...patches,
    lens: await lens(model, { backend, ...input, ...running, positions: [last] }),
    attention: await attention(model, {
      backend,
      ...input,
      numExamples: 1,
      heads: bestHeads(scored),
      ...running,
    }),
  };
  const found = {
    inductionTest: tests,
    importantLayers: importantLayers(patches),
    depth: depthOf(scored),
    studies,
  };
  return {
    schema: "induction-lens/analyse@1",
    version: VERSION,
    model: modelInfoOf(model),
    input: scored.input,
    warnings: warningsOf(scored, patches),
    ...found,
    findings: findings(found),
    environment: environmentOf(backend),
    timings: { run: performance.now() - started },
  };
}

/** The default length shrinks to the model's room; one that was asked for does not. */
function shrunk({ architecture }: LoadedModel, asked: GeneratedInput): GeneratedInput {
  if (asked.seqLen !== undefined) return asked;
  const { period } = generatedRows(architecture, { ...asked, numExamples: 1 });
  return { ...asked, seqLen: Math.min(SEQ_LEN, 2 * period) };
}

/** The seed project's row: one token of a random row comes again at its end. */
function singleToken({ architecture }: LoadedModel, { info, period }: RepeatedRows): TestRows {
  const { tokens, period: distance } = tokenPattern("embedded", {
    seed: info.seed!,
    examples: TEST_EXAMPLES,
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

/** Heads above twice even attention, or the best one. */
function bestHeads({ top, uniform }: ScoreResult): string[] {
  return top
    .slice(0, SHOWN_HEADS)
    .filter(({ score: value }, index) => index === 0 || value > 2 * uniform.induction)
    .map(({ layer, head }) => `${layer}.${head}`);
}

function importantLayers({
  patchAttention,
  patchMlp,
}: PatchScan): AnalyseResult["importantLayers"] {
  const named = (what: string, result: PatchResult | null) =>
    (result?.important ?? []).map(({ layer, effect, low, high }) => ({
      name: `${what} ${layer}`,
      layer,
      effect,
      interval: low === null || high === null ? null : ([low, high] as [number, number]),
    }));
  return [...named("attention", patchAttention), ...named("mlp", patchMlp)].sort(
    (one, other) => other.effect - one.effect,
  );
}

/** Mean attention of at least this, twice what even attention has, is worth a place. */
const ATTENDS = 0.3;

function depthOf({ scores, uniform }: ScoreResult): AnalyseResult["depth"] {
  const layers = scores.induction.length;
  const heads = scores.induction.flatMap((row, layer) =>
    row.flatMap((value, head) =>
      value >= Math.max(ATTENDS, 2 * uniform.induction) ? [{ layer, head }] : [],
    ),
  );
  const within = heads.filter(({ layer }) => layer >= layers / 2 && layer <= (3 * layers) / 4);
  return {
    heads: heads.map(({ layer, head }) => `${layer}.${head}`),
    fractions: heads.map(({ layer }) => (layers > 1 ? layer / (layers - 1) : 0)),
    withinClaim: heads.length === 0 ? null : within.length,
  };
}
