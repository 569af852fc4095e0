/** @file From estimates and exact runs, per example, to the Result of attribution patching. */
import type { Backend } from "../../base/backend.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Pair } from "../../inputs/pair.ts";
import {
  axesOfComponents,
  componentsOf,
  laidOut,
  type Component,
} from "../../interventions/components.ts";
import { denoiseEffect, noiseEffect } from "../../measure/effects.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { Estimates } from "./estimates.ts";
import { pathsOf } from "./pathEstimates.ts";
import type { AttributionPlan, HeadUnit } from "./plan.ts";
import type { AttributionResult } from "./result.ts";

/** An exact run of one component. */
export interface ConfirmedEffect {
  readonly component: Component;
  /** Where it stands among all components of the unit. */
  readonly place: number;
  readonly why: "estimate" | "control";
  readonly patched: Float64Array;
}

interface MeasuredAttribution {
  readonly model: LoadedModel;
  readonly backend: Backend;
  readonly pair: Pair;
  readonly plan: AttributionPlan;
  readonly estimates: Estimates;
  readonly confirmed: readonly ConfirmedEffect[];
  readonly timings: Record<string, number>;
}

export function attributionResultOf(measured: MeasuredAttribution): AttributionResult {
  const { model, backend, pair, plan, estimates, timings } = measured;
  const { clean, corrupted, paths } = estimates;
  const { mode, metric, topK } = plan;
  const total = moments(clean).mean - moments(corrupted).mean;
  const share = plan.raw ? null : (mode === "denoise" ? 1 : -1) / total;
  const screen = share === null ? null : screenOf(measured, share);
  return {
    ...beginResult("induction-lens/attribution@1"),
    ...headerOf(model, pair.input, [...pair.warnings, ...tooFewWarning(pair.input.examples)]),
    pair: pair.info,
    mode,
    metric: { name: metric, clean: moments(clean).mean, corrupted: moments(corrupted).mean },
    units: plan.units.map((unit) => unitOf(model, unit, estimates, share)),
    paths: paths && {
      norm: "recomputed",
      ...pathsOf(paths, model.architecture, { share, most: topK }),
    },
    screen,
    words: wordsOf(screen),
    ...footerOf(backend, timings),
  };
}

function unitOf(
  { architecture }: LoadedModel,
  unit: HeadUnit,
  { changes }: Estimates,
  share: number | null,
): AttributionResult["units"][number] {
  const components = componentsOf(architecture, unit, { positions: null });
  const means = changes.get(unit)!.map((values) => moments(values).mean);
  const by = (values: readonly number[]) => laidOut(components, values) as number[][];
  const intervals = changes.get(unit)!.map((values) => meanInterval(values));
  return {
    unit,
    axes: axesOfComponents(unit),
    change: by(means),
    effect: share === null ? null : by(means.map((mean) => mean * share)),
    intervals: Array.from({ length: architecture.layers }, (_, layer) =>
      components.flatMap((component, place) =>
        component.layer === layer ? [intervals[place]!] : [],
      ),
    ),
  };
}

function screenOf(
  { model: { architecture }, plan, estimates, confirmed }: MeasuredAttribution,
  share: number,
): AttributionResult["screen"] {
  const { units, mode, screen } = plan;
  const { clean, corrupted, changes } = estimates;
  if (screen === 0) return null;
  const unit = units[0]!;
  const effectOf = mode === "noise" ? noiseEffect : denoiseEffect;
  const rows = confirmed.map(({ component, place, why, patched }) => {
    const { effect, interval } = effectOf({ clean, corrupted, patched });
    return {
      layer: component.layer,
      head: component.head!,
      why,
      estimate: moments(changes.get(unit)![place]!).mean * share,
      effect,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    };
  });
  const controls = rows.filter(({ why }) => why === "control");
  return {
    unit,
    asked: screen,
    confirmed: rows.sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect)),
    largestControl:
      controls.length === 0 ? null : Math.max(...controls.map(({ effect }) => Math.abs(effect))),
    beyond: leftToEstimates(
      changes.get(unit)!,
      componentsOf(architecture, unit, { positions: null }),
      new Set(confirmed.map(({ place }) => place)),
    ),
  };
}

/** Heads that only their estimate says something of, and how many a screen must take to reach the last of them. */
function leftToEstimates(
  changes: readonly Float64Array[],
  components: readonly Component[],
  run: ReadonlySet<number>,
) {
  const ranked = changes
    .map((values, place) => ({ place, mean: moments(values).mean, interval: meanInterval(values) }))
    .sort((a, b) => Math.abs(b.mean) - Math.abs(a.mean));
  const left = ranked.flatMap(({ place, interval }, rank) => {
    const clear = interval !== null && interval[0] * interval[1] > 0;
    return clear && !run.has(place) ? [{ place, rank }] : [];
  });
  return {
    heads: left.map(({ place }) => headName(headOf(components[place]!))),
    screen: (left.at(-1)?.rank ?? -1) + 1,
  };
}

function headOf({ layer, head }: Component): HeadAt {
  return { layer, head: head! };
}

function wordsOf(screen: AttributionResult["screen"]): string[] {
  const approximate =
    "Estimates are first-order and approximate: they miss what saturates, and prove nothing by themselves.";
  if (!screen) return [approximate];
  const { confirmed, largestControl, asked: count, beyond } = screen;
  const controls = confirmed.filter(({ why }) => why === "control").length;
  const above =
    largestControl === null
      ? ""
      : ` ${confirmed.filter((head) => head.why === "estimate" && Math.abs(head.effect) > largestControl).length} of them have a larger effect than any of ${controls} random other heads (${largestControl.toFixed(3)}).`;
  return [
    approximate,
    `The ${Math.min(count, confirmed.length - controls)} best by estimate were run exactly.${above}`,
    ...(beyond.heads.length > 0
      ? [
          `${beyond.heads.length} more have an estimate whose 95 % interval excludes 0 and were not run: a screen of ${beyond.screen} runs them all.`,
        ]
      : []),
  ];
}
