/** @file A study as files: what each format shows of its view. */
import { csvText } from "./csv.ts";
import { lazySvg } from "./lazySvg.ts";
import { markup, scriptJson } from "./markup.ts";
import type { Pictures } from "./page.ts";
import { writeReport } from "./write.ts";
import { tableText, type StudyTable, type StudyView } from "./studyView.ts";

/**
 * Writes a Result to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`
 * @throws {InputError} "output" for an extension that is not known, a picture of a study that has none, or a place that
 *   cannot be written
 */
export function writeStudy(view: StudyView, result: unknown, file: string): Promise<void> {
  const { map } = view;
  const { columns, rows } = view.tables[0];
  const html = (pictures?: Pictures) => studyHtml(view, result, pictures);
  const csv = () => csvText([columns, ...rows.map((row) => row.map((cell) => cell ?? ""))]);
  return writeReport({ result, svg: map && lazySvg(map), html, csv }, file);
}

async function studyHtml(view: StudyView, result: unknown, pictures?: Pictures): Promise<string> {
  const { figure, page } = await import("./page.ts");
  const body = markup`<h1>${view.title}</h1>
${view.lines.map((line) => markup`<p>${line}</p>`)}
${view.sentences.map((sentence) => markup`<p class="lead">${sentence}</p>`)}
${view.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${pictures ? figure(view.title, pictures) : markup``}
${view.tables.map(tableMarkup)}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(view.title, body);
}

function tableMarkup({ caption, columns, rows }: StudyTable) {
  return markup`<div class="scroll" role="group" tabindex="0" aria-label="${caption}">
<table class="sortable">
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${tableText(cell)}</td>`)}</tr>`)}
</tbody>
</table>
</div>`;
}
