/** @file What a Result of any kind shows; its kind is the name in its `schema`. */
import type { z } from "zod";
import { faultSentences } from "../base/faultSentences.ts";
import { InputError } from "../base/errors.ts";
import { studyText, type StudyTextOptions } from "../draw/studyText.ts";
import type { StudyView } from "../draw/studyView.ts";
import { kindOf, schemaOf } from "./kindOf.ts";
import { STUDIES, type Studies } from "./registry.ts";
import type { Study } from "./study.ts";

/** A Result, and where it comes from for messages. */
export interface NamedResult {
  readonly name: string;
  readonly result: unknown;
}

/**
 * What a Result of any kind shows.
 *
 * @param studies those whose Result it may be; left out: all
 * @throws {InputError} "result" for a kind that is not known, or a Result that does not fit its schema
 */
export async function viewOf(entry: NamedResult, studies: Studies = STUDIES): Promise<StudyView> {
  const study = await studyOf(entry, studies);
  return study.view(parseResult(study.result, entry));
}

/**
 * A Result of any kind as text for a terminal or a log.
 *
 * @throws {InputError} "result" as {@link viewOf}
 */
export async function toText(result: unknown, options: StudyTextOptions = {}): Promise<string> {
  return studyText(await viewOf({ name: "it", result }), options);
}

/** The study whose Result it is, by its `schema`. */
async function studyOf({ name, result }: NamedResult, studies: Studies): Promise<Study> {
  const kind = kindOf(result);
  if (Object.hasOwn(studies, kind)) return (await studies[kind]!()).study;
  throw new InputError(
    "result",
    `a Result is of the kind ${Object.keys(studies).join(", ")}; ${name} has the schema ${schemaOf(result)}`,
  );
}

/** @throws {InputError} "result" for a Result that does not fit its schema; names the first five faults */
function parseResult<Result>(schema: z.ZodType<Result>, { name, result }: NamedResult): Result {
  const read = schema.safeParse(result);
  if (read.success) return read.data;
  const faults = faultSentences(read.error.issues, result);
  throw new InputError("result", `${name} does not fit its schema: ${faults.join("; ")}`);
}
