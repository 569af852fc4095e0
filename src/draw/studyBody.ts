/** @file All that a study shows, as a part of a page. */
import { figureMarkup } from "./figureMarkup.ts";
import type { SvgMaker } from "./lazySvg.ts";
import { markup, type Markup } from "./markup.ts";
import { picturesOf } from "./pictures.ts";
import type { Setting, StudyView, WidgetData } from "./studyView.ts";
import { tableMarkup } from "./tableMarkup.ts";

/** Everything that a study shows, without its title and Result. @param data where its Result is in the page */
export async function studyBody(
  view: StudyView,
  drawSvg: SvgMaker,
  data: WidgetData,
): Promise<Markup> {
  const figures: Markup[] = [];
  for (const picture of picturesOf(view)) figures.push(await figureMarkup(picture, drawSvg));
  return markup`${view.lines.map((line) => markup`<p>${line}</p>`)}
${view.sentences.map((sentence) => markup`<p class="lead">${sentence}</p>`)}
${view.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${view.widget?.markup(data) ?? markup``}
${figures}
${view.tables.map(tableMarkup)}
${view.settings ? settingsMarkup(view.settings) : markup``}
${await sectionsMarkup(view, drawSvg, data)}`;
}

/** What the page of `view` has to run. */
export function scriptsOf({ widget, sections = [] }: StudyView): string[] {
  const inner = sections.flatMap((section) => scriptsOf(section.view));
  return [...new Set([...(widget ? [widget.script] : []), ...inner])];
}

async function sectionsMarkup(
  { sections = [] }: StudyView,
  drawSvg: SvgMaker,
  { element, path }: WidgetData,
): Promise<Markup[]> {
  const parts: Markup[] = [];
  for (const { title, view, path: inner } of sections) {
    const { settings: _, ...rest } = view; // those of the whole are there
    const body = await studyBody(rest, drawSvg, { element, path: [...path, ...inner] });
    parts.push(markup`<h2>${title}</h2>
${body}`);
  }
  return parts;
}

function settingsMarkup(settings: readonly Setting[]): Markup {
  return markup`<h2>Settings</h2>
<dl>
${settings.map(([term, value]) => markup`<dt>${term}</dt><dd>${value}</dd>`)}
</dl>`;
}
