/** @file Which studies another one stands in for where a model is not a decoder: the one place that says so. */
import { InputError } from "../../base/errors.ts";
import type { OptionNames } from "../../base/optionNames.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import type { Architecture } from "../../models/family.ts";
import type { ModelStudy } from "./canRun.ts";

/** Studies, and what measures the same on encoders and on models of several stacks. */
export const ON_STACKS = {
  score: "score-stacks",
  ablate: "ablate-stacks",
} as const satisfies Partial<Record<ModelStudy, ModelStudy>>;

export type StandIn = (typeof ON_STACKS)[keyof typeof ON_STACKS];

/** The study of encoders and stacks that stands in for this one; null where none does. */
export function standInOf(study: string): StandIn | null {
  return Object.hasOwn(ON_STACKS, study) ? ON_STACKS[study as keyof typeof ON_STACKS] : null;
}

type DescribedStacks = { readonly architecture: Pick<Architecture, "stacks" | "mask"> };

/** The name of the study that runs on this model where `study` is asked for: itself, or the one of stacks. */
export function studyOnModel<Name extends string>(
  study: Name,
  { architecture: { stacks, mask } }: DescribedStacks,
): Name | StandIn {
  const isDecoder = !stacks && mask !== "none";
  return (isDecoder ? null : standInOf(study)) ?? study;
}

/**
 * Options of a study as those of the one that stands in for it.
 *
 * @param names options that the other study has
 * @throws {InputError} "options" for one that only decoders have
 */
export function optionsOnStacks(options: object, names: OptionNames<never>): object {
  const [option] = Object.keys(withoutUndefined(options)).filter(
    (name) => !Object.hasOwn(names, name),
  );
  if (option === undefined) return options;
  throw new InputError(
    "options",
    `\`${option}\` needs a decoder, and this model sees both directions or has several stacks`,
    { option },
  );
}
