/** @file `compare`: several models on the same rows; how each differs from the first. */
import { renameSteps } from "../../base/progress.ts";
import type { Backend } from "../../base/backend.ts";
import { shownValue } from "../../base/faultSentences.ts";
import { InputError } from "../../base/errors.ts";
import { generatedRows, ownRows, type RepeatedRows } from "../../inputs/scoreInput.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { environmentOf } from "../common/about.ts";
import { checkCanRun } from "../common/canRun.ts";
import { comparePair, type Side } from "./comparePair.ts";
import { sharedRows, vocabularyFacts, type SharedRows } from "./comparedRows.ts";
import { comparedModelOf } from "./buildModel.ts";
import { measureModel, type MeasuredModel } from "./measureModel.ts";
import {
  COMPARE_OPTIONS,
  COMPARE_EXAMPLES,
  comparePlan,
  type CompareOptions,
  type ComparePlan,
} from "./plan.ts";
import type { CompareResult } from "./result.ts";
import { compareWords } from "./words.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/** A model that is opened when its turn comes: twice, for its vocabulary and for its runs. */
export interface ComparedSource {
  /** @param factsOnly nothing will be run */
  open(factsOnly: boolean): Promise<LoadedModel>;
}

/**
 * What differs between models, on the same repeated rows where they share a vocabulary, else on rows of their own.
 *
 * For models of one architecture every head's attention scores and direct effect are tested for a difference from the first
 * model beyond a margin, paired by row, and adjusted for their number (Benjamini-Hochberg). For any two models heads that do
 * the same are matched.
 *
 * @param models at least two, the first one is what the others are compared with
 * @returns differences are second - first. Of one model with itself there are none; on rows of their own at most `level` of
 *   such comparisons have any
 * @throws {InputError} "options" for fewer than two models or options that contradict each other, and as `score` and `verdict`
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function compare(
  models: readonly LoadedModel[],
  options: CompareOptions = {},
): Promise<CompareResult> {
  checkModels(models);
  checkOptionNames("compare", options, COMPARE_OPTIONS);
  const sources = models.map((model) => ({
    open: () => Promise.resolve({ ...model, close: () => Promise.resolve() }),
  }));
  const backend = models[0] ? await engineFor(models[0], options) : options.backend;
  return compareInTurn(sources, { ...options, backend });
}

/** The same of models that are opened one after another, so that no two are in memory. */
export async function compareInTurn(
  sources: readonly ComparedSource[],
  options: CompareOptions,
): Promise<CompareResult> {
  if (sources.length < 2)
    throw new InputError(
      "options",
      `a comparison needs at least two models, got ${sources.length}`,
    );
  const plan = comparePlan(options);
  const backend = await engineFor({}, options);
  const started = performance.now();
  const facts = [];
  for (const source of sources)
    facts.push(
      await withSource(source, true, (model) => {
        checkCanRun("compare", model);
        return vocabularyFacts(model);
      }),
    );
  const rows = sharedRows(facts, plan.separateRows);
  const measured: MeasuredModel[] = [];
  for (const [index, source] of sources.entries())
    measured.push(
      await withSource(source, false, (model) =>
        measuredAt(index, { ...model, architecture: rows.architectures[index]! }, backend, {
          ...options,
          plan,
          of: sources.length,
        }),
      ),
    );
  return resultOf(measured, rows, plan, backend, { run: performance.now() - started });
}

async function withSource<Value>(
  source: ComparedSource,
  factsOnly: boolean,
  use: (model: LoadedModel) => Promise<Value>,
): Promise<Value> {
  const model = await source.open(factsOnly);
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

interface CompareRequest extends CompareOptions {
  readonly plan: ComparePlan;
  /** How many models there are. */
  readonly of: number;
}

async function measuredAt(
  index: number,
  model: LoadedModel,
  backend: Backend,
  { plan, of, ...options }: CompareRequest,
): Promise<MeasuredModel> {
  const { rows: own, seqLen, bos, numExamples } = options;
  const seed = plan.seed + (plan.separateRows ? index : 0);
  const input = { seqLen, bos, numExamples, seed };
  const rows: RepeatedRows = own
    ? await ownRows(model.architecture, own)
    : generatedRows(model.architecture, input, COMPARE_EXAMPLES);
  const { signal, progress } = options;
  const report = renameSteps(progress, (step) => `model ${index + 1} of ${of}: ${step}`);
  const judge =
    plan.verdicts === "none"
      ? null
      : { ...(own ? { rows: own } : input), quick: plan.verdicts === "quick" };
  return measureModel(model, backend, rows, { signal, progress: report }, judge);
}

function resultOf(
  measured: readonly MeasuredModel[],
  { shared, why }: SharedRows,
  plan: ComparePlan,
  backend: Backend,
  timings: Record<string, number>,
): CompareResult {
  const { margin, effectMargin, level, verdicts } = plan;
  const sides = measured.map((run, index): Side => ({
    index,
    measured: run,
    facts: comparedModelOf(run),
  }));
  const models = sides.map(({ facts }) => facts);
  const [first, ...others] = sides;
  const result = {
    ...beginResult("induction-lens/compare@1"),
    rows: { shared, why },
    settings: { margin: { attention: margin, effect: effectMargin }, level, verdicts },
    models,
    pairs: others.map((other) => comparePair(first!, other, shared, plan)),
    warnings: [
      ...copyWarnings(models),
      ...models.flatMap(({ id, warnings }) => warnings.map((text) => `${id}: ${text}`)),
    ],
  };
  return {
    ...result,
    words: compareWords(result),
    environment: environmentOf(backend),
    timings,
  };
}

/** Callers in JavaScript may hand over anything. */
function checkModels(models: unknown): void {
  if (Array.isArray(models)) return;
  throw new InputError(
    "options",
    `compare needs a list of models, as \`load\` gives them, got ${shownValue(models)}`,
  );
}

/** Copies under other names: that their heads match, and differ by nothing, is no finding. */
function copyWarnings(models: readonly { readonly id: string; readonly sha256: string }[]) {
  return models.flatMap(({ id, sha256 }, index) => {
    const first = models.findIndex((other) => other.sha256 === sha256);
    if (sha256 === "" || first === index) return [];
    return [
      `${id} has the same weight files as ${models[first]!.id} (equal hashes): they are one model, and whatever differs comes from elsewhere`,
    ];
  });
}
