/** @file From estimates and exact runs, per example, to the Result of attribution patching. */
import { VERSION } from "../../base/version.ts";
import { denoiseEffect, noiseEffect } from "../../measure/effects.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { AttributionResult } from "../../results/attribution.ts";
import type { Backend } from "../../runtime/backend.ts";
import { environmentOf, modelInfoOf } from "../about.ts";
import type { AttributionOptions, Estimates } from "./attribution.ts";
import type { AttributionPlan, HeadUnit } from "./attributionProgram.ts";
import { axesOfComponents, componentsOf, laidOut, type Component } from "./components.ts";
import type { Pair } from "./pair.ts";
import { tooFew } from "./patchResult.ts";
import { pathsOf } from "./pathEstimates.ts";

/** An exact run of one component. */
export interface Confirmed {
  readonly component: Component;
  /** Where it stands among all components of the unit. */
  readonly place: number;
  readonly why: "estimate" | "control";
  readonly patched: Float64Array;
}

const TOP_PATHS = 20;

interface Facts extends AttributionOptions {
  readonly timings: Record<string, number>;
}

export function attributionResultOf(
  model: LoadedModel,
  backend: Backend,
  pair: Pair,
  plan: AttributionPlan,
  estimates: Estimates,
  confirmed: readonly Confirmed[],
  facts: Facts,
): AttributionResult {
  const { clean, corrupted, paths } = estimates;
  const { mode = "denoise", topK = TOP_PATHS } = facts;
  const total = moments(clean).mean - moments(corrupted).mean;
  const share = facts.raw ? null : (mode === "denoise" ? 1 : -1) / total;
  const screen = share === null ? null : screenOf(plan, estimates, confirmed, facts, share);
  return {
    schema: "induction-lens/attribution@1",
    version: VERSION,
    model: modelInfoOf(model),
    input: pair.input,
    warnings: [...pair.warnings, ...tooFew(pair.input.examples)],
    pair: pair.info,
    mode,
    metric: {
      name: plan.metric,
      clean: moments(clean).mean,
      corrupted: moments(corrupted).mean,
    },
    units: plan.units.map((unit) => unitOf(model, unit, estimates, share)),
    paths: paths && {
      norm: "recomputed",
      ...pathsOf(paths, model.architecture, { share, most: topK }),
    },
    screen,
    words: wordsOf(screen),
    environment: environmentOf(backend),
    timings: facts.timings,
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
  return {
    unit,
    axes: axesOfComponents(unit),
    change: by(means),
    effect: share === null ? null : by(means.map((mean) => mean * share)),
  };
}

function screenOf(
  { units }: AttributionPlan,
  { clean, corrupted, changes }: Estimates,
  confirmed: readonly Confirmed[],
  { mode, screen }: Facts,
  share: number,
): AttributionResult["screen"] {
  if (!screen) return null;
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
  };
}

function wordsOf(screen: AttributionResult["screen"]): string[] {
  const approximate =
    "Estimates are first-order and approximate: they miss what saturates, and prove nothing by themselves.";
  if (!screen) return [approximate];
  const { confirmed, largestControl, asked } = screen;
  const controls = confirmed.filter(({ why }) => why === "control").length;
  const beyond =
    largestControl === null
      ? ""
      : ` ${confirmed.filter((one) => one.why === "estimate" && Math.abs(one.effect) > largestControl).length} of them have a larger effect than any of ${controls} random other heads (${largestControl.toFixed(3)}).`;
  return [
    approximate,
    `The ${Math.min(asked, confirmed.length - controls)} best by estimate were run exactly.${beyond}`,
  ];
}
