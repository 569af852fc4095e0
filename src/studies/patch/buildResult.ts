/** @file From what was measured, per example, to the Result of `patch`. */
import type { Backend } from "../../base/backend.ts";
import type { Pair } from "../../inputs/pair.ts";
import { axesOfComponents, laidOut, type Component } from "../../interventions/components.ts";
import { differs } from "../../interventions/pairRuns.ts";
import type { PatchedRuns, PatchMode } from "../../interventions/patchedRuns.ts";
import { denoiseEffect, noiseEffect, type Effect } from "../../measure/effects.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { MetricName } from "../../results/causalNames.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { PatchPlan } from "./plan.ts";
import type { PatchResult } from "./result.ts";

interface MeasuredPatch {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly pair: Pair;
  readonly components: readonly Component[];
  readonly plan: PatchPlan;
  readonly runs: PatchedRuns;
  readonly timings: Record<string, number>;
}

export function patchResultOf(measured: MeasuredPatch): PatchResult {
  const { model, backend, pair, components, plan, runs, timings } = measured;
  const { unit, metric, mode, byPosition, byCell, threshold } = plan;
  const whole = components[0]!.position === null;
  const effects = plan.raw ? null : effectsOf(runs, metric, mode, whole);
  const byHead = whole && components[0]!.head !== null;
  const chosen = { heads: plan.heads !== null };
  return {
    ...beginResult("induction-lens/patch@1"),
    ...headerOf(model, pair.input, [...pair.warnings, ...tooFewWarning(pair.input.examples)]),
    pair: pair.info,
    mode,
    unit,
    heads: plan.heads && [...plan.heads],
    axes: axesOfComponents(unit, { ...chosen, byPosition, byCell }),
    metric: { name: metric, ...bothMeans(runs, metric) },
    values: laidOut(components, means(runs, metric), chosen),
    effects: effects && laidOutEffects(components, effects, chosen),
    intervals: effects && byHead ? intervalsByHead(components, effects, chosen) : null,
    centredLogit: centredLogitOf(measured),
    important: importantOf(components, effects ?? [], threshold).slice(0, plan.topK),
    threshold,
    ...footerOf(backend, timings),
  };
}

/** One for each component; without intervals what they take is saved. */
function effectsOf(
  { clean, corrupted, patched }: PatchedRuns,
  metric: MetricName,
  mode: PatchMode,
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
function centredLogitOf({ components, runs, plan }: MeasuredPatch): PatchResult["centredLogit"] {
  const { metric, mode } = plan;
  if (metric === "centred-logit" || !differs(runs, "centred-logit")) return null;
  const effects = effectsOf(runs, "centred-logit", mode, false);
  const chosen = { heads: plan.heads !== null };
  return {
    ...bothMeans(runs, "centred-logit"),
    values: laidOut(components, means(runs, "centred-logit"), chosen),
    effects: laidOutEffects(components, effects, chosen),
  };
}

interface ChosenByUser {
  readonly heads: boolean;
}

function laidOutEffects(
  components: readonly Component[],
  effects: readonly Effect[],
  chosen: ChosenByUser,
) {
  const shares = effects.map(({ effect }) => effect);
  return laidOut(components, shares, chosen);
}

/** A row for each layer; one row for chosen heads. */
function intervalsByHead(
  components: readonly Component[],
  effects: readonly Effect[],
  { heads }: ChosenByUser,
): ([number, number] | null)[][] {
  const rowOf = (component: Component) => (heads ? 0 : component.layer);
  return [...new Set(components.map(rowOf))].map((row) =>
    effects.flatMap(({ interval }, index) => (rowOf(components[index]!) === row ? [interval] : [])),
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
