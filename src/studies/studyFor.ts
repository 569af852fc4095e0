/** @file Which study runs, and whose Result there is, where one study stands in for another on some models. */
import { standInOf, studyOnModel, type StandIn } from "./common/onStacks.ts";
import { kindOf } from "./kindOf.ts";
import { STUDIES, type Studies } from "./registry.ts";
import type { Study } from "./study.ts";

/** A study with the options that it takes. */
export interface StudyWithOptions {
  readonly study: Study;
  readonly options: object;
}

/**
 * What runs where `study` is asked for: itself, or on an encoder or a model of several stacks the one that stands in for it.
 *
 * @throws {InputError} "options" for what only decoders have
 */
export async function studyFor(
  study: Study,
  model: Parameters<typeof studyOnModel>[1],
  options: object,
): Promise<StudyWithOptions> {
  const name = studyOnModel(study.name, model);
  if (name === study.name) return { study, options };
  const { study: other } = await STUDIES[name as keyof typeof STUDIES]();
  return { study: other, options: await study.optionsOnStacks!(options) };
}

/** The study whose Result this is: the one that was asked for, or the one that stood in for it. */
export async function studyOfResult<Result>(
  study: Study<Result>,
  result: unknown,
): Promise<Study<Result>> {
  const other = standInOf(study.name);
  if (other === null || kindOf(result) !== other) return study;
  return (await STUDIES[other]()).study as Study as Study<Result>; // the Result says that it is of this study
}

/** All studies whose Results a request for these may give. */
export function withStandIns<Name extends keyof Studies>(
  names: readonly Name[],
): readonly (Name | StandIn)[] {
  return names.flatMap((name) => {
    const other = standInOf(String(name));
    return other === null ? [name] : [name, other];
  });
}
