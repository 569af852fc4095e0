/** @file A study as files: what each format shows of its view. Node only. */
import { studyCsv } from "./csv.ts";
import { drawnInNode } from "./drawnInNode.ts";
import { lazySvg } from "./lazySvg.ts";
import { picturesOf } from "./pictures.ts";
import { writeReport } from "./write.ts";
import type { StudyView } from "./studyView.ts";

export interface FileOptions {
  /** What the picture or the page is called; left out: what the study calls it. */
  readonly title?: string | undefined;
}

/**
 * Writes a Result to `file`: .png, .svg, .pdf, .html, .csv or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`
 * @param options.title what the picture or the page is called; left out: what the study calls it
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export function writeStudy(
  view: StudyView,
  result: unknown,
  file: string,
  { title }: FileOptions = {},
): Promise<void> {
  const [picture] = picturesOf(view);
  if (!picture) throw new Error(`internal: ${view.title} has no picture`);
  return writeReport(
    {
      result,
      svg: lazySvg(picture, drawnInNode, title),
      html: async () =>
        (await import("./studyPage.ts")).studyPage(titled(view, title), result, drawnInNode),
      csv: () => studyCsv(view),
    },
    file,
  );
}

function titled(view: StudyView, title: string | undefined): StudyView {
  return title === undefined ? view : { ...view, title };
}
