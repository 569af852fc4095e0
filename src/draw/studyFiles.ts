/** @file A study as files: what each format shows of its view. */
import { csvText } from "./csv.ts";
import { drawnInNode } from "./drawnInNode.ts";
import { markup, scriptJson } from "./markup.ts";
import { picturesOf, studyBody } from "./studyBody.ts";
import { writeReport } from "./write.ts";
import type { StudyView } from "./studyView.ts";

/**
 * Writes a Result to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`
 * @throws {InputError} "output" for an extension that is not known, a picture of a study that has none, or a place that
 *   cannot be written
 */
export function writeStudy(view: StudyView, result: unknown, file: string): Promise<void> {
  const csv = () => {
    const { columns, rows } = view.csv?.() ?? view.tables[0];
    return csvText([columns, ...rows.map((row) => row.map((cell) => cell ?? ""))]);
  };
  const [first] = picturesOf(view, drawnInNode);
  const html = () => studyHtml(view, result);
  return writeReport({ result, svg: first?.svg ?? null, html, csv }, file);
}

async function studyHtml(view: StudyView, result: unknown): Promise<string> {
  const { page } = await import("./page.ts");
  const body = markup`<h1>${view.title}</h1>
${await studyBody(view, drawnInNode)}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(view.title, body, view.widget ? [view.widget.script] : []);
}
