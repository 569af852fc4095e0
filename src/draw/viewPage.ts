/** @file What anybody measured as one HTML file: sentences, pictures, tables, and the Result itself inside. */
import { markup, scriptJson, type Markup } from "./markup.ts";
import { figure, page, type Pictures } from "./page.ts";
import { tableText, type StudyTable } from "./studyView.ts";

export interface ViewPage {
  readonly title: string;
  readonly lines: readonly string[];
  /** Pictures in both themes, as SVG, each with what it shows in words. */
  readonly pictures: readonly { readonly label: string; readonly svg: Pictures }[];
  readonly tables: readonly StudyTable[];
  /** Can be read back from the element `result`. */
  readonly result: unknown;
}

/** The file. It works offline and asks nobody for anything; all text is escaped. */
export function viewPage({ title, lines, pictures, tables, result }: ViewPage): Promise<string> {
  const body = markup`<h1>${title}</h1>
${lines.map((line) => markup`<p>${line}</p>`)}
${pictures.map(({ label, svg }) => figure(label, svg))}
${tables.map(tableMarkup)}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(title, body);
}

/** A table that its column heads sort. */
export function tableMarkup({ caption, columns, rows }: StudyTable): Markup {
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
