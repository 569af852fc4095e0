/** @file A figure as the files of a folder, for studies that write one. Node only. */
import { InputError } from "../base/errors.ts";
import { captionOf, madeOf } from "../draw/caption.ts";
import { studyCsv } from "../draw/csv.ts";
import { drawnInNode } from "../draw/drawnInNode.ts";
import { lazySvg } from "../draw/lazySvg.ts";
import { picturesOf } from "../draw/pictures.ts";
import type { StudyView } from "../draw/studyView.ts";
import { figureView, type FigureChoice } from "./figures.ts";

export type Files = ReadonlyMap<string, string | Uint8Array>;

/**
 * The picture of a figure and its numbers; the table as LaTeX and Markdown, where that is what was asked for.
 *
 * @param views of one Result, of which the first that can give the figure does
 * @param kind the study that they are of
 * @throws {InputError} "options" for a figure that none can give
 */
export async function figureFiles(
  views: readonly StudyView[],
  figure: FigureChoice,
  kind: string,
): Promise<Files> {
  const view = firstFigure(views, figure, kind);
  const [table] = view.tables;
  const [picture] = picturesOf(view);
  const csv = ["figure.csv", studyCsv(view)] as const;
  if (!picture) {
    const caption = captionOf(table.caption, madeOf(view));
    const { studyLatex } = await import("../draw/latex.ts");
    const { studyMarkdown } = await import("../draw/markdown.ts");
    const texts = { tex: studyLatex(table, caption), md: studyMarkdown(table, caption) };
    return new Map([csv, ["figure.tex", texts.tex], ["figure.md", texts.md]]);
  }
  const svg = await lazySvg(picture, drawnInNode)("light");
  const { png } = await import("../draw/png.ts");
  return new Map<string, string | Uint8Array>([
    ["figure.svg", svg],
    ["figure.png", await png(svg)],
    csv,
  ]);
}

function firstFigure(views: readonly StudyView[], figure: FigureChoice, kind: string): StudyView {
  let fault: unknown;
  for (const view of views) {
    try {
      return figureView(view, figure, kind);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      fault ??= error;
    }
  }
  throw fault;
}
