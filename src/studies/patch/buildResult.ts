/** @file From what was measured, per example, to the Result of `patch`. */
import { InputError } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import { denoiseEffect, noiseEffect, type Effect } from "../../measure/effects.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { MetricName, UnitName } from "../../results/causalNames.ts";
import type { PatchResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { environmentOf, modelInfoOf } from "../common/about.ts";
import { axesOfComponents, laidOut, type Component } from "../../interventions/components.ts";
import type { Pair } from "../../inputs/pair.ts";
import type { PatchedRuns, PatchOptions } from "./patch.ts";

const THRESHOLD = 0.02;
const TOP_K = 10;

export interface PatchFacts extends PatchOptions {
  readonly unit: UnitName;
  readonly metric: MetricName;
  readonly timings: Record<string, number>;
}

export function patchResultOf(
  model: LoadedModel,
  backend: Backend,
  pair: Pair,
  components: readonly Component[],
  runs: PatchedRuns,
  facts: PatchFacts,
): PatchResult {
  const { unit, metric, mode = "denoise", byPosition = false, threshold = THRESHOLD } = facts;
  const whole = components[0]!.position === null;
  const effects = facts.raw ? null : effectsOf(runs, metric, mode, whole);
  const byHead = whole && components[0]!.head !== null;
  const chosen = { heads: facts.heads !== undefined };
  return {
    schema: "induction-lens/patch@1",
    version: VERSION,
    model: modelInfoOf(model),
    input: pair.input,
    warnings: [...pair.warnings, ...tooFew(pair.input.examples)],
    pair: pair.info,
    mode,
    unit,
    heads: facts.heads ? [...facts.heads] : null,
    axes: axesOfComponents(unit, { ...chosen, byPosition, byCell: facts.byCell ?? false }),
    metric: { name: metric, ...bothMeans(runs, metric) },
    values: laidOut(components, means(runs, metric), chosen),
    effects: effects && laidOutEffects(components, effects, chosen),
    intervals: effects && byHead ? intervalsByHead(components, effects, chosen) : null,
    centredLogit: centredLogitOf(components, runs, facts),
    important: importantOf(components, effects ?? [], threshold).slice(0, facts.topK ?? TOP_K),
    threshold,
    environment: environmentOf(backend),
    timings: facts.timings,
  };
}

/** One for each component; without intervals the bootstrap is saved. */
function effectsOf(
  { clean, corrupted, patched }: PatchedRuns,
  metric: MetricName,
  mode: "denoise" | "noise",
  withIntervals: boolean,
): Effect[] {
  const effectOf = mode === "denoise" ? denoiseEffect : noiseEffect;
  const [c, k] = [clean[metric]!, corrupted[metric]!];
  const [cleanMean, corruptedMean] = [moments(c).mean, moments(k).mean];
  return patched.map((run) => {
    if (withIntervals) return effectOf({ clean: c, corrupted: k, patched: run[metric]! });
    const { mean } = moments(run[metric]!);
    const moved = mode === "denoise" ? mean - corruptedMean : cleanMean - mean;
    return { effect: moved / (cleanMean - corruptedMean), interval: null };
  });
}

function bothMeans({ clean, corrupted }: PatchedRuns, metric: MetricName) {
  return { clean: moments(clean[metric]!).mean, corrupted: moments(corrupted[metric]!).mean };
}

function means({ patched }: PatchedRuns, metric: MetricName): number[] {
  return patched.map((run) => moments(run[metric]!).mean);
}

/** Logits do not saturate, so they are reported beside another metric, where clean and corrupted differ in them. */
function centredLogitOf(
  components: readonly Component[],
  runs: PatchedRuns,
  { metric, mode = "denoise", ...facts }: PatchFacts,
): PatchResult["centredLogit"] {
  if (metric === "centred-logit" || !differs(runs, "centred-logit")) return null;
  const effects = effectsOf(runs, "centred-logit", mode, false);
  const chosen = { heads: facts.heads !== undefined };
  return {
    ...bothMeans(runs, "centred-logit"),
    values: laidOut(components, means(runs, "centred-logit"), chosen),
    effects: laidOutEffects(components, effects, chosen),
  };
}

/** Whether there is something to share out: |clean - corrupted| of at least 3 standard errors. */
export function differs(
  { clean, corrupted }: Pick<PatchedRuns, "clean" | "corrupted">,
  metric: MetricName,
): boolean {
  const [c, k] = [clean[metric]!, corrupted[metric]!];
  try {
    denoiseEffect({ clean: c, corrupted: k, patched: k });
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

interface Chosen {
  readonly heads: boolean;
}

function laidOutEffects(
  components: readonly Component[],
  effects: readonly Effect[],
  chosen: Chosen,
) {
  const shares = effects.map(({ effect }) => effect);
  return laidOut(components, shares, chosen);
}

/** A row for each layer; one row for chosen heads. */
function intervalsByHead(
  components: readonly Component[],
  effects: readonly Effect[],
  { heads }: Chosen,
): ([number, number] | null)[][] {
  const rowOf = (component: Component) => (heads ? 0 : component.layer);
  return [...new Set(components.map(rowOf))].map((row) =>
    effects.flatMap(({ interval }, index) =>
      rowOf(components[index]!) === row ? [interval && ([...interval] as [number, number])] : [],
    ),
  );
}

function importantOf(
  components: readonly Component[],
  effects: readonly Effect[],
  threshold: number,
): PatchResult["important"] {
  return effects
    .map(({ effect, interval }, index) => ({
      ...components[index]!,
      effect,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    }))
    .filter(({ effect }) => Math.abs(effect) >= threshold)
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

export function tooFew(examples: number): string[] {
  return examples < 10 ? [`${examples} examples are too few for an interval; 10 is the least`] : [];
}
