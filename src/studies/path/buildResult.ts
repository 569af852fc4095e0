/** @file From the metric of every path, per example, to the Result of path patching. */
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { PathResult } from "./result.ts";
import type { Backend } from "../../base/backend.ts";
import { footerOf, headerOf } from "../common/about.ts";
import { headName } from "../../base/headName.ts";
import type { Pair } from "../../inputs/pair.ts";
import type { PathPlan } from "../../interventions/pathPlan.ts";
import type { PathRuns } from "./pathRunsByExample.ts";

export function pathResultOf(
  model: LoadedModel,
  backend: Backend,
  pair: Pair,
  { receivers, route, sources, metric, form, norm }: PathPlan,
  { clean, corrupted, paths }: PathRuns,
  timings: Record<string, number>,
): PathResult {
  const total = moments(clean.map((value, example) => value - corrupted[example]!));
  const shared = Math.abs(total.mean) >= 3 * total.standardError && total.mean !== 0;
  return {
    ...beginResult("induction-lens/path@1"),
    ...headerOf(model, pair.input, [
      ...pair.warnings,
      ...(shared
        ? []
        : [
            `clean and corrupted runs differ in ${metric} by less than 3 standard errors, so drops are not divided by that`,
          ]),
    ]),
    pair: pair.info,
    into: receivers.map(headName),
    route,
    form,
    norm,
    metric: { name: metric, clean: moments(clean).mean, corrupted: moments(corrupted).mean },
    paths: sources
      .map((heads, index) => {
        const value = moments(paths[index]!).mean;
        const drops = clean.map((before, example) => before - paths[index]![example]!);
        const drop = moments(drops).mean;
        return {
          from: heads.map(headName),
          value,
          drop,
          effect: shared ? drop / total.mean : null,
          interval: meanInterval(drops),
        };
      })
      .sort((a, b) => b.drop - a.drop),
    ...footerOf(backend, timings),
  };
}
