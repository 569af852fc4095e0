/** @file Options of studies of decoders as those of the studies that stand in for them on stacks. */
import { optionsOnStacks } from "../common/onStacks.ts";
import { ABLATE_STACKS_OPTIONS } from "./ablateStacks.ts";
import { SCORE_STACKS_OPTIONS } from "./plan.ts";

/** @throws {InputError} "options" for what only decoders have */
export function scoreStacksOptions(options: object): object {
  return optionsOnStacks(options, SCORE_STACKS_OPTIONS);
}

/**
 * Without `eachHead`: each head alone is what it measures in any case.
 *
 * @throws {InputError} "options" for what only decoders have
 */
export function ablateStacksOptions(options: { readonly eachHead?: unknown }): object {
  const { eachHead: _, ...others } = options;
  return optionsOnStacks(others, ABLATE_STACKS_OPTIONS);
}
