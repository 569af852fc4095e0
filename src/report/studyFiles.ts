/** @file A study as files: what each format shows of its view. */
import { csvText } from "./csv.ts";
import { drawnLazily, lazySvg } from "./lazySvg.ts";
import { tableMarkup } from "./viewPage.ts";
import { markup, scriptJson, type Markup } from "./markup.ts";
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
  const [first] = picturesOf(view);
  const html = () => studyHtml(view, result);
  return writeReport({ result, svg: first?.svg ?? null, html, csv }, file);
}

export interface Picture {
  readonly label: string;
  readonly svg: (theme: "light" | "dark") => Promise<string>;
}

/** The study's own pictures first, then its map. */
export function picturesOf({ title, map, pictures = [] }: StudyView): Picture[] {
  const own = pictures.map(({ label, draw }) => ({ label, svg: drawnLazily(draw) }));
  return [...own, ...(map ? [{ label: title, svg: lazySvg(map) }] : [])];
}

async function studyHtml(view: StudyView, result: unknown): Promise<string> {
  const { page } = await import("./page.ts");
  const body = markup`<h1>${view.title}</h1>
${await studyBody(view)}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(view.title, body, view.widget ? [view.widget.script] : []);
}

/** Everything that a study shows, without its title and Result. */
export async function studyBody(view: StudyView): Promise<Markup> {
  const { figure } = await import("./page.ts");
  const figures: Markup[] = [];
  for (const { label, svg } of picturesOf(view))
    figures.push(figure(label, { light: await svg("light"), dark: await svg("dark") }));
  return markup`${view.lines.map((line) => markup`<p>${line}</p>`)}
${view.sentences.map((sentence) => markup`<p class="lead">${sentence}</p>`)}
${view.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${view.widget?.markup ?? markup``}
${figures}
${view.tables.map(tableMarkup)}`;
}
