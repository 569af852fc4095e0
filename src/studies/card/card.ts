/** @file `card`: a page of a model's heads to put beside its weights, from one verdict. */
import { headName, headAt } from "../../base/headName.ts";
import { generatedRows, ownRows } from "../../inputs/scoreInput.ts";
import { meanInterval } from "../../measure/interval.ts";
import { copyLosses } from "../../measure/losses.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { parametersOf } from "../info/parameters.ts";
import { scoreRows } from "../score/scoreRows.ts";
import type { VerdictOptions } from "../verdict/plan.ts";
import type { VerdictResult } from "../verdict/result.ts";
import { verdict } from "../verdict/verdict.ts";
import { notTested } from "./notTested.ts";
import { publishedOf } from "./publishedFacts.ts";
import type { CardResult } from "./result.ts";

/** Rows of the losses where nobody says how many. */
const LOSS_EXAMPLES = 50;

/**
 * The card of a model: its verdict, the losses of both copies, what was not tested, and where others call a head otherwise.
 *
 * @param options those of `verdict`
 * @throws {InputError} as `verdict`; @throws {AbortError} between two runs once `signal` is aborted
 */
export async function card(model: LoadedModel, options: VerdictOptions = {}): Promise<CardResult> {
  checkCanRun("verdict", model, "card");
  const backend = await engineFor(model, options);
  const judged = await verdict(model, { ...options, backend });
  const { warnings, environment, timings, version } = judged;
  const { model: about, input } = judged;
  return {
    schema: "induction-lens/card@1",
    ...{ version, model: about, input, warnings },
    parameters: parametersOf(model).total,
    losses: await lossesOf(model, { ...options, backend }),
    published: disagreements(judged),
    notTested: notTested(judged),
    verdict: judged,
    ...{ environment, timings },
  };
}

async function lossesOf(
  model: LoadedModel,
  options: VerdictOptions,
): Promise<CardResult["losses"]> {
  const { rows: own, seqLen, bos, seed, numExamples, signal, progress } = options;
  const rows = own
    ? await ownRows(model.architecture, own)
    : generatedRows(model.architecture, { seqLen, bos, seed, numExamples }, LOSS_EXAMPLES);
  const run = { signal, progress };
  const { losses } = await scoreRows(model, options.backend!, rows, run);
  const copies = copyLosses(losses!, rows);
  const estimate = (values: Float64Array) => ({
    value: moments(values).mean,
    interval: meanInterval(values),
  });
  return {
    firstCopy: estimate(copies.firstCopy),
    secondCopy: estimate(copies.secondCopy),
    copyGain: estimate(copies.copyGain),
    examples: rows.info.examples,
  };
}

/** What others published of these heads, beside our label. */
function disagreements({ heads, model }: VerdictResult): CardResult["published"] {
  return publishedOf(model).flatMap(({ headNames, term, labels, convention, source }) =>
    headNames.map((name) => {
      const { layer, head } = headAt(name);
      const ours = heads.find((other) => headName(other) === name)!.label;
      return { layer, head, called: term, ours, agrees: labels.includes(ours), convention, source };
    }),
  );
}
