/** @file All that a study shows, as a part of a page, and its pictures. */
import { drawnLazily, lazySvg, type Drawn, type LazySvg } from "./lazySvg.ts";
import { markup, type Markup } from "./markup.ts";
import { tableMarkup } from "./viewPage.ts";
import type { StudyView } from "./studyView.ts";

export interface Picture {
  readonly label: string;
  readonly svg: LazySvg;
}

/** The study's own pictures first, then its map. */
export function picturesOf({ title, map, pictures = [] }: StudyView, drawn: Drawn): Picture[] {
  const own = pictures.map(({ label, draw }) => ({ label, svg: drawnLazily(draw, drawn) }));
  return [...own, ...(map ? [{ label: title, svg: lazySvg(map, drawn) }] : [])];
}

/** Everything that a study shows, without its title and Result. */
export async function studyBody(view: StudyView, drawn: Drawn): Promise<Markup> {
  const { figure } = await import("./page.ts");
  const figures: Markup[] = [];
  for (const { label, svg } of picturesOf(view, drawn))
    figures.push(figure(label, { light: await svg("light"), dark: await svg("dark") }));
  return markup`${view.lines.map((line) => markup`<p>${line}</p>`)}
${view.sentences.map((sentence) => markup`<p class="lead">${sentence}</p>`)}
${view.warnings.map((warning) => markup`<p>warning: ${warning}</p>`)}
${view.widget?.markup ?? markup``}
${figures}
${view.tables.map(tableMarkup)}`;
}
