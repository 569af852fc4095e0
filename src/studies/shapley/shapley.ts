/** @file `shapley`: what each head adds to the copy, averaged over all orders in which heads can come. */
import { engineFor } from "../../runtime/engineFor.ts";
import { ablationRows } from "../../inputs/ablationRows.ts";
import { disjointRows } from "../../inputs/controlRows.ts";
import {
  coalitionSources,
  coalitionWorths,
  withCoalitionRuns,
} from "../../interventions/coalitionRuns.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { shapleyResultOf } from "./buildResult.ts";
import { SHAPLEY_OPTIONS, shapleyPlan, type ShapleyOptions } from "./plan.ts";
import type { ShapleyResult } from "./result.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Shapley values of heads for the copy gain and for the target's centred logit.
 *
 * A set of heads is worth what the model reaches with these in place and the others of the list ablated. Up to 12 heads all
 * subsets are run and values are exact for the rows; with more, orders are drawn, each with its reverse, and intervals have
 * the error of that too. Heads that are not in the list stay as they are in every run.
 *
 * @returns values in nats and logits. They add up to what all heads of the list together bring; a head that does nothing has 0.
 *   The null is the same on rows whose second block is new
 * @throws {InputError} "unknown-head", "range", and as `ablationRows`; @throws {UnableError} if memory does not suffice
 * @throws {AbortError} between two runs once `signal` is aborted
 * @see Shapley 1953; single ablations miss heads that stand in for each other, of which each gets half here
 */
export async function shapley(
  model: LoadedModel,
  options: ShapleyOptions = {},
): Promise<ShapleyResult> {
  checkOptionNames("shapley", options, SHAPLEY_OPTIONS);
  checkCanRun("shapley", model);
  const { signal, log, progress, numExamples = USUAL_EXAMPLES } = options;
  const plan = shapleyPlan(model.architecture, options);
  const rows = await ablationRows(
    model.architecture,
    options.rows ? options : { ...options, numExamples },
  );
  const control = disjointRows(rows, drawnTokens(model.architecture).ids, plan.seed);
  const engine = await engineFor(model, options);
  return whileUnchanged(model, engine, (elapsed, backend) =>
    withCoalitionRuns(model, backend, { rows, kind: plan.kind, signal, log }, async (runs) => {
      const prepare = elapsed();
      const step = { ...runs, rows, plan, progress };
      const sources = await coalitionSources(runs, rows, plan.kind);
      const worths = {
        repeated: await coalitionWorths(step, sources, rows.tokens, "removing heads"),
        control: await coalitionWorths(
          step,
          sources,
          control,
          "removing heads where nothing repeats",
        ),
      };
      const timings = { prepare, run: elapsed() - prepare };
      return shapleyResultOf(model, backend, { rows, plan, worths, timings });
    }),
  );
}

const USUAL_EXAMPLES = 16;
