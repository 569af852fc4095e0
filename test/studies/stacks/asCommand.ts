import type { LoadedModel } from "../../../src/models/loadedModel.ts";
import { STUDIES } from "../../../src/studies/registry.ts";
import { studyFor } from "../../../src/studies/studyFor.ts";

/** What a command of this name runs on a model of any kind. */
export async function asCommand(
  name: "score" | "ablate",
  model: LoadedModel,
  options: object,
): Promise<unknown> {
  const choice = await studyFor((await STUDIES[name]()).study, model, options);
  const run = (await choice.study.run()) as (
    model: LoadedModel,
    options: object,
  ) => Promise<object>;
  return run(model, choice.options);
}
