import { withoutUndefined } from "../../base/withoutUndefined.ts";
import { InputError } from "../../base/errors.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import { scoreStacks } from "../stacks/scoreStacks.ts";
import type { StacksResult } from "../stacks/result.ts";
import type { ScoreOptions } from "./plan.ts";
import type { ScoreResult } from "./result.ts";
import { score } from "./score.ts";

/**
 * The scores of a model of any kind: a decoder's, or those of each direction of an encoder or of several stacks.
 *
 * @throws {InputError} "options" for what is there for decoders alone; and as `score` and `scoreStacks`
 */
export async function scoreAny(
  model: LoadedModel,
  options: ScoreOptions = {},
): Promise<ScoreResult | StacksResult> {
  const { stacks, mask } = model.architecture;
  if (!stacks && mask !== "none") return score(model, options);
  const { rows, precision, seeds, ...others } = options;
  const [option] = Object.keys(withoutUndefined({ rows, precision, seeds }));
  if (option === undefined) return scoreStacks(model, others);
  throw new InputError(
    "options",
    `\`${option}\` needs a decoder, and this model sees both directions or has several stacks`,
    { option },
  );
}
