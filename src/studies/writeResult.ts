import { InputError } from "../base/errors.ts";
import { shownValue } from "../base/faultSentences.ts";
import { writeStudy, type FileOptions } from "../draw/studyFiles.ts";
import { figureChoice, figureView } from "./figures.ts";
import { kindOf } from "./kindOf.ts";
import { viewOf } from "./views.ts";

export interface ResultFileOptions extends FileOptions {
  /** A figure in place of what the study shows first, such as `labels` or `scatter=induction,effect` (docs/figures.md). */
  readonly figure?: string | undefined;
  /** What messages call the Result; left out: it. */
  readonly name?: string | undefined;
}

/**
 * Writes a Result of any kind, or a figure of it, to `file`: .png, .svg, .pdf, .html, .csv, .tex, .md or .json; the whole file or
 * nothing. Node only.
 *
 * @param options.title what the picture or the page is called; left out: what the study calls it
 * @throws {InputError} "result" for a kind that is not known, or a Result that does not fit its schema; "output" for an
 *   extension that is not known, a folder in place of a file, or a place that cannot be written; "options" for a figure that
 *   is not known, or that this Result cannot give
 */
export async function writeResult(
  result: unknown,
  file: string,
  { figure, name = "it", ...options }: ResultFileOptions = {},
): Promise<void> {
  if (typeof file !== "string" || file === "")
    throw new InputError("output", `a Result needs the path of a file, got ${shownValue(file)}`);
  const choice = figure === undefined ? null : figureChoice(figure);
  const view = await viewOf({ name, result });
  const figureOrView = choice ? figureView(view, choice, kindOf(result)) : view;
  await writeStudy(figureOrView, result, file, options);
}
