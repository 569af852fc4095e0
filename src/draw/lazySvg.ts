/** @file Pictures that are drawn when somebody asks for one, by whatever document there is. */
import type { HeadMap } from "./headMap.ts";
import type { StudyPicture } from "./studyView.ts";
import type { Theme } from "./theme.ts";

/** What `paint` makes in a document, as SVG text: `drawnInNode`, or a page's own. */
export type Drawn = (paint: (document: Document) => SVGSVGElement) => Promise<string>;

export type LazySvg = (theme: "light" | "dark") => Promise<string>;

/** Draws `map` in either theme; what draws is loaded when it is asked to. */
export function lazySvg(map: HeadMap, drawn: Drawn): LazySvg {
  return async (name) => {
    const { headMap } = await import("./headMap.ts");
    const theme = await themeOf(name);
    return drawn((document) => headMap(map, document, theme));
  };
}

/** The same for a study's own picture. */
export function drawnLazily(draw: StudyPicture["draw"], drawn: Drawn): LazySvg {
  return async (name) => {
    const painted = await draw();
    const theme = await themeOf(name);
    return drawn((document) => painted(document, theme));
  };
}

async function themeOf(name: "light" | "dark"): Promise<Theme> {
  return (await import("./theme.ts")).THEMES[name];
}
