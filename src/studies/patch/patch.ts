/** @file `patch`: activation patching of every component, from the first layer that it changes. */
import { checkCanRun } from "../common/canRun.ts";
import { causalPair } from "../../inputs/causalPrompts.ts";
import { openChain } from "../../interventions/chain.ts";
import { componentsOf } from "../../interventions/components.ts";
import { patchedRuns } from "../../interventions/patchedRuns.ts";
import { hooksFor, UNITS } from "../../interventions/units.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { MetricName } from "../../results/causalNames.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { patchResultOf } from "./buildResult.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { PATCH_OPTIONS, patchPlan, type PatchOptions } from "./plan.ts";
import type { PatchResult } from "./result.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Patches every component of a kind and reads a metric.
 *
 * denoise: the corrupted run with the component's clean value; effect = (patched - corrupted) / (clean - corrupted).
 * noise: the clean run with its corrupted value; effect = (clean - patched) / (clean - corrupted). Ratios of batch means,
 * never cut to 0 ... 1.
 *
 * @returns the metric and the effect of each component. A component that carries nothing has effect 0; effects of different components need
 *   not add up to 1
 * @throws {InputError} "range" if clean and corrupted differ by less than 3 standard errors in the metric, "unit" for
 *   values that the model does not have, and as {@link causalPair}; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see TransformerLens `patching.get_act_patch_*`, which runs every patch from the first layer and gives the raw metric
 */
export async function patch(model: LoadedModel, options: PatchOptions = {}): Promise<PatchResult> {
  checkOptionNames("patch", options, PATCH_OPTIONS);
  const plan = patchPlan(options);
  checkCanRun("patch", model);
  if (UNITS[plan.unit].mixed) checkCanRun("patch within heads", model);
  const pair = await causalPair(model, options);
  const length = pair.clean.shape[1]!;
  const components = componentsOf(model.architecture, plan.unit, {
    layers: plan.layers ?? undefined,
    heads: plan.heads ?? undefined,
    positions: plan.byPosition || plan.byCell ? length : null,
    byCell: plan.byCell,
  });
  const engine = await engineFor(model, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const metrics = [...new Set<MetricName>([plan.metric, "centred-logit"])];
    const chain = await openChain(model, backend, {
      hooks: hooksFor([plan.unit]),
      metrics,
      length,
      positions: pair.positions.length,
      signal: options.signal,
      log: options.log,
    });
    const prepare = elapsed();
    try {
      const runs = await patchedRuns(chain, pair, metrics, components, plan, options.progress);
      const timings = { prepare, run: elapsed() - prepare };
      return patchResultOf({ model, backend, pair, components, plan, runs, timings });
    } finally {
      await chain.close();
    }
  });
}
