/** @file `behaviours`: what every head does of a list of behaviours, each on rows made for it. */
import { checkOptionNames } from "../../base/optionNames.ts";
import { drawnTokens } from "../../models/drawnTokens.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { readableTokenizer } from "../../models/readableTokenizer.ts";
import { bosFor } from "../../inputs/scoreInput.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { behavioursResultOf } from "./buildResult.ts";
import { BEHAVIOURS_OPTIONS, behavioursPlan, type BehavioursOptions } from "./plan.ts";
import type { BehavioursResult } from "./result.ts";
import { runScenes, type BuiltScene } from "./runScenes.ts";
import type { RowSource } from "./scene.ts";
import type { ProbeAnswer, ProbeContext } from "./probe.ts";
import { PROBES } from "./probes.ts";
import { SCENES } from "./scenes.ts";
import { rowVocabulary } from "./vocabulary.ts";

/**
 * Measures many behaviours of every head, in as few passes as there are rows to read.
 *
 * Each behaviour has rows made for it, in which a cue says where a head that has the behaviour attends, and the same rows without the
 * cue. score = sum over (query, key) of table x pattern, mean over rows; excess = score less the same on rows without the cue.
 *
 * @returns shares from 0 to 1 and differences from -1 to 1, by layer and head, with intervals over rows; uniform attention scores
 *   `uniform`, and a head that ignores the cue has an excess of 0. What the model has no room or no tokens for is in `skipped`
 * @throws {InputError} "study" for a model that has no causal attention, "options" and "range" for options that do not fit
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function behaviours(
  model: LoadedModel,
  options: BehavioursOptions = {},
): Promise<BehavioursResult> {
  checkOptionNames("behaviours", options, BEHAVIOURS_OPTIONS);
  checkCanRun("behaviours", model);
  const plan = behavioursPlan(options);
  const { bosToken, policy } = bosFor(model.architecture, options.bos ?? "auto");
  const engine = await engineFor(model, options);
  const { signal, progress } = options;
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const { ids } = drawnTokens(model.architecture);
    const tokenizer = await readableTokenizer(model);
    const source: RowSource = {
      ordinary: ids,
      bos: bosToken,
      examples: plan.examples,
      seed: plan.seed,
      contextLength: model.architecture.contextLength,
      words: tokenizer && rowVocabulary(tokenizer, ids),
    };
    const { built, skipped } = builtScenes(source, plan.only);
    const scenes = await runScenes(model, backend, built, { signal, progress });
    const { texts = [] } = options;
    const context = { model, backend, source, tokenizer, texts, options: { signal, progress } };
    const probed = await runProbes(context, plan.only);
    const measured = {
      rows: [...scenes.rows, ...probed.rows],
      behaviours: [...scenes.behaviours, ...probed.behaviours],
    };
    const request = { plan, policy, source, skipped: [...skipped, ...probed.skipped] };
    return behavioursResultOf(model, backend, measured, request, { run: elapsed() });
  });
}

/** What probes find of the behaviours that are asked for, one after the other. */
async function runProbes(context: ProbeContext, only: readonly string[]) {
  const answers: ProbeAnswer[] = [];
  const skipped: BehavioursResult["skipped"] = [];
  for (const probe of PROBES) {
    const names = probe.behaviours.filter((name) => only.includes(name));
    if (names.length === 0) continue;
    const answer = await probe.measure(context);
    if (typeof answer === "string")
      skipped.push(...names.map((behaviour) => ({ behaviour, why: answer })));
    else
      answers.push({
        ...answer,
        behaviours: answer.behaviours.filter(({ words }) => names.includes(words.name)),
      });
  }
  return {
    rows: answers.map(({ rows }) => rows),
    behaviours: answers.flatMap((answer) => answer.behaviours),
    skipped,
  };
}

/** The scenes of the behaviours that are asked for, and what this model has no rows for. */
function builtScenes(
  source: RowSource,
  only: readonly string[],
): { readonly built: readonly BuiltScene[]; readonly skipped: BehavioursResult["skipped"] } {
  const skipped: BehavioursResult["skipped"] = [];
  const built = SCENES.flatMap((scene): BuiltScene[] => {
    const names = scene.behaviours.filter((name) => only.includes(name));
    if (names.length === 0) return [];
    const rows = scene.rows(source);
    if (typeof rows === "string") {
      skipped.push(...names.map((behaviour) => ({ behaviour, why: rows })));
      return [];
    }
    const measures = rows.measures.filter(({ name }) => names.includes(name));
    return [{ scene, variants: rows.variants, measures }];
  });
  return { built, skipped };
}
