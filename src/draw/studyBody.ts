/** @file All that a study shows, as a part of a page. */
import { cellText, columnName } from "./cellText.ts";
import { lazySvg, type Drawn } from "./lazySvg.ts";
import { markup, type Markup } from "./markup.ts";
import { picturesOf } from "./pictures.ts";
import type { Setting, StudyCell, StudyTable, StudyView, WidgetData } from "./studyView.ts";

/** Everything that a study shows, without its title and Result. @param data where its Result is in the page */
export async function studyBody(view: StudyView, drawn: Drawn, data: WidgetData): Promise<Markup> {
  const { figure } = await import("./page.ts");
  const figures: Markup[] = [];
  for (const picture of picturesOf(view)) {
    const svg = lazySvg(picture, drawn);
    figures.push(figure(picture.label, { light: await svg("light"), dark: await svg("dark") }));
  }
  return markup`${view.lines.map((line) => markup`<p>${line}</p>`)}
${view.sentences.map((sentence) => markup`<p class="lead">${sentence}</p>`)}
${view.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${view.widget?.markup(data) ?? markup``}
${figures}
${view.tables.map(tableMarkup)}
${view.settings ? settingsMarkup(view.settings) : markup``}
${await sectionsMarkup(view, drawn, data)}`;
}

/** What the page of `view` has to run. */
export function scriptsOf({ widget, sections = [] }: StudyView): string[] {
  const inner = sections.flatMap((section) => scriptsOf(section.view));
  return [...new Set([...(widget ? [widget.script] : []), ...inner])];
}

async function sectionsMarkup(
  { sections = [] }: StudyView,
  drawn: Drawn,
  { element, path }: WidgetData,
): Promise<Markup[]> {
  const parts: Markup[] = [];
  for (const { title, view, path: inner } of sections) {
    const { settings: _, ...rest } = view; // those of the whole are there
    const body = await studyBody(rest, drawn, { element, path: [...path, ...inner] });
    parts.push(markup`<h2>${title}</h2>
${body}`);
  }
  return parts;
}

/** A table that its column heads sort; an empty one is left out. */
function tableMarkup({ caption, columns, rows }: StudyTable): Markup {
  if (rows.length === 0) return markup``;
  const names = columns.map((column, at) => {
    const kind = rows.some((row) => typeof row[at] === "string") ? WORDS : markup``;
    return markup`<th scope="col"${kind}>${columnName(column)}</th>`;
  });
  return markup`<div class="scroll" role="group" tabindex="0" aria-label="${caption}">
<table class="sortable">
<caption>${caption}</caption>
<thead><tr>${names}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${row.map(cellMarkup)}</tr>`)}
</tbody>
</table>
</div>`;
}

/** Words stand at the left, under a head that does. */
const WORDS = markup` class="words"`;

/** The first cell says what the row is about; numbers are sorted by `data-value`, which has every digit. */
function cellMarkup(cell: StudyCell, column: number): Markup {
  const value = sortValue(cell);
  const data = value === null ? markup`` : markup` data-value="${value}"`;
  const kind = typeof cell === "string" ? WORDS : markup``;
  return column === 0
    ? markup`<th scope="row"${data}${kind}>${cellText(cell)}</th>`
    : markup`<td${data}${kind}>${cellText(cell)}</td>`;
}

const MOST_HEADS = 1e6;

/** Heads in the order of layer and head; null for what is sorted as words. */
function sortValue(cell: StudyCell): number | null {
  if (typeof cell === "number") return cell;
  if (cell === null || typeof cell === "string") return null;
  const [first] = [cell].flat();
  return first ? first.layer * MOST_HEADS + first.head : null;
}

function settingsMarkup(settings: readonly Setting[]): Markup {
  return markup`<h2>Settings</h2>
<dl>
${settings.map(([term, value]) => markup`<dt>${term}</dt><dd>${value}</dd>`)}
</dl>`;
}
