import { InputError } from "../base/errors.ts";
import { shownValue } from "../base/faultSentences.ts";
import { writeStudy, type FileOptions } from "../draw/studyFiles.ts";
import { viewOf } from "./views.ts";

/**
 * Writes a Result of any kind to `file`: .png, .svg, .pdf, .html, .csv or .json; the whole file or nothing. Node only.
 *
 * @param options.title what the picture or the page is called; left out: what the study calls it
 * @throws {InputError} "result" for a kind that is not known, or a Result that does not fit its schema; "output" for an
 *   extension that is not known, a folder in place of a file, or a place that cannot be written
 */
export async function writeResult(
  result: unknown,
  file: string,
  options: FileOptions = {},
): Promise<void> {
  if (typeof file !== "string" || file === "")
    throw new InputError("output", `a Result needs the path of a file, got ${shownValue(file)}`);
  await writeStudy(await viewOf({ name: "it", result }), result, file, options);
}
