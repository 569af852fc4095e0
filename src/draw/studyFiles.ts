/** @file A study as files: what each format shows of its view. Node only. */
import { studyCsv } from "./csv.ts";
import { drawnInNode } from "./drawnInNode.ts";
import { lazySvg } from "./lazySvg.ts";
import { picturesOf } from "./pictures.ts";
import { writeReport } from "./write.ts";
import type { StudyView } from "./studyView.ts";

/**
 * Writes a Result to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export function writeStudy(view: StudyView, result: unknown, file: string): Promise<void> {
  const [picture] = picturesOf(view);
  if (!picture) throw new Error(`internal: ${view.title} has no picture`);
  return writeReport(
    {
      result,
      svg: lazySvg(picture, drawnInNode),
      html: async () => (await import("./studyPage.ts")).studyPage(view, result, drawnInNode),
      csv: () => studyCsv(view),
    },
    file,
  );
}
