/** @file A study to a file in Node, in the format that the extension names. */
import { extname } from "node:path";
import { InputError } from "../base/errors.ts";
import { csvText } from "./csv.ts";
import { jsonText } from "./json.ts";
import { markup, scriptJson } from "./markup.ts";
import { replaceFile } from "./replaceFile.ts";
import { checkOutput, type ReportFormat } from "./write.ts";
import { tableText, type StudyTable, type StudyView } from "./studyView.ts";

type Writer = (view: StudyView, result: unknown) => Promise<string | Uint8Array>;

const FORMATS: Readonly<Record<ReportFormat, Writer>> = {
  png: async (view) => (await import("./png.ts")).png(await studySvg(view, "light")),
  svg: (view) => studySvg(view, "light"),
  html: studyHtml,
  csv: async ({ tables: [{ columns, rows }] }) =>
    csvText([columns, ...rows.map((row) => row.map((cell) => cell ?? ""))]),
  json: async (_, result) => jsonText(result),
};

/**
 * Writes a Result to `file` as `writeResult` does: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @param view what the study shows of `result`
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export async function writeStudy(view: StudyView, result: unknown, file: string): Promise<void> {
  checkOutput(file);
  const format = extname(file).slice(1).toLowerCase() as ReportFormat; // which checkOutput knows
  replaceFile(file, await FORMATS[format](view, result));
}

async function studySvg({ map }: StudyView, theme: "light" | "dark"): Promise<string> {
  if (!map)
    throw new InputError("output", "this Result has no picture; write .csv, .json or .html");
  const { headMapSvg } = await import("./svg.ts");
  const { THEMES } = await import("./theme.ts");
  return headMapSvg(map, THEMES[theme]);
}

async function studyHtml(view: StudyView, result: unknown): Promise<string> {
  const { figure, page } = await import("./page.ts");
  const pictures = view.map && {
    light: await studySvg(view, "light"),
    dark: await studySvg(view, "dark"),
  };
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
