import { InputError } from "../../base/errors.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import { ABLATE_STACKS_OPTIONS, ablateStacks } from "../stacks/ablateStacks.ts";
import type { StackAblationResult } from "../stacks/resultAblate.ts";
import { ablate } from "./ablate.ts";
import type { AblateOptions } from "./plan.ts";
import type { AblateResult } from "./result.ts";

/**
 * Ablations of a decoder, or of the copy that an encoder-decoder writes.
 *
 * @throws {InputError} "options" for what is there for decoders alone; and as `ablate` and `ablateStacks`
 */
export async function ablateAny(
  model: LoadedModel,
  options: AblateOptions = {},
): Promise<AblateResult | StackAblationResult> {
  if (!model.architecture.stacks) return ablate(model, options);
  const { kind = "mean", log: _log, eachHead: _each, ...others } = options;
  const names = Object.keys(withoutUndefined(others));
  const [option] = names.filter((name) => !Object.hasOwn(ABLATE_STACKS_OPTIONS, name));
  if (option !== undefined)
    throw new InputError(
      "options",
      `\`${option}\` needs a decoder, and this model has several stacks`,
      { option },
    );
  if (kind === "mean" || kind === "zero")
    return ablateStacks(model, { ...(others as object), kind });
  throw new InputError("options", `\`kind\` is mean or zero on several stacks, got ${kind}`, {
    option: "kind",
  });
}
