/** @file What one model of a comparison does, row by row. */
import { copyLosses, type CopyLosses } from "../../measure/losses.ts";
import type { Backend } from "../../base/backend.ts";
import { directEffects, type DirectEffects } from "../../interventions/directEffects.ts";
import type { RepeatedRows } from "../../inputs/scoreInput.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { ModelInfo } from "../../results/common.ts";
import { modelInfoOf } from "../common/about.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { parametersOf } from "../info/parameters.ts";
import { scoreRows } from "../score/scoreRows.ts";
import type { MeasuredScores as Scored } from "../score/buildResult.ts";
import { verdict } from "../verdict/verdict.ts";
import type { VerdictOptions } from "../verdict/plan.ts";
import type { VerdictResult } from "../verdict/result.ts";

export interface MeasuredModel {
  readonly about: ModelInfo;
  readonly architecture: LoadedModel["architecture"];
  readonly parameters: number;
  readonly rows: RepeatedRows;
  /** [layer][head], one number per row by score. */
  readonly scores: Scored["scores"];
  /** [layer][head], one number per row; or why there are none. */
  readonly effects: DirectEffects | string;
  readonly losses: CopyLosses | null;
  readonly verdict: VerdictResult | null;
}

/** Scores, losses and effects on the rows, and the verdict if one is asked for. */
export async function measureModel(
  model: LoadedModel,
  backend: Backend,
  rows: RepeatedRows,
  { signal, progress }: Pick<StudyOptions, "signal" | "progress">,
  judge: VerdictOptions | null,
): Promise<MeasuredModel> {
  // Models are compared on one engine: none takes its place for some of them.
  return whileUnchanged(model, { ...backend, instead: undefined }, async () => {
    const options = { signal, progress };
    const { scores, losses } = await scoreRows(model, backend, rows, options);
    return {
      about: modelInfoOf(model),
      architecture: model.architecture,
      parameters: parametersOf(model).total,
      rows,
      scores,
      effects: await directEffects(model, backend, rows, options),
      losses: losses && copyLosses(losses, rows),
      verdict: judge && (await verdict(model, { ...judge, backend, ...options })),
    };
  });
}
