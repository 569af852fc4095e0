/** @file A study as files: what each format shows of its view. Node only. */
import { InputError } from "../base/errors.ts";
import { captionOf, madeOf } from "./caption.ts";
import { studyCsv } from "./csv.ts";
import { drawnInNode } from "./drawnInNode.ts";
import { lazySvg, type LazySvg } from "./lazySvg.ts";
import { picturesOf } from "./pictures.ts";
import { writeReport } from "./write.ts";
import type { StudyView } from "./studyView.ts";

export interface FileOptions {
  /** What the picture or the page is called; left out: what the study calls it. */
  readonly title?: string | undefined;
}

/**
 * Writes a Result to `file`: .png, .svg, .pdf, .html, .csv, .tex, .md or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`, or a figure of it
 * @param options.title what the picture or the page is called; left out: what the study calls it
 * @throws {InputError} "output" for an extension that is not known, a picture of what has none, or a place that cannot be
 *   written
 */
export function writeStudy(
  view: StudyView,
  result: unknown,
  file: string,
  { title }: FileOptions = {},
): Promise<void> {
  const [table] = view.tables;
  const caption = () => captionOf(table.caption, madeOf(view));
  return writeReport(
    {
      result,
      svg: (theme) => svgOf(view, title, file)(theme),
      html: async () =>
        (await import("./studyPage.ts")).studyPage(withTitle(view, title), result, drawnInNode),
      csv: () => studyCsv(view),
      tex: async () => (await import("./latex.ts")).studyLatex(table, caption()),
      md: async () => (await import("./markdown.ts")).studyMarkdown(table, caption()),
    },
    file,
  );
}

function svgOf(view: StudyView, title: string | undefined, file: string): LazySvg {
  const [picture] = picturesOf(view);
  if (picture) return lazySvg(picture, drawnInNode, title);
  throw new InputError(
    "output",
    `a table is not a picture; it needs a file that ends in .tex, .md, .csv or .html, got ${file}`,
  );
}

function withTitle(view: StudyView, title: string | undefined): StudyView {
  return title === undefined ? view : { ...view, title };
}
