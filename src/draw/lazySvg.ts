import type { StudyPicture } from "./studyView.ts";

/** What `paint` makes in a document, as SVG text: `drawnInNode`, or a page's own. */
export type SvgMaker = (paint: (document: Document) => SVGSVGElement) => Promise<string>;

export type LazySvg = (theme: "light" | "dark") => Promise<string>;

/**
 * Draws `picture` in either theme, by whatever document there is; what draws is loaded when it is asked to.
 *
 * @param title in place of the picture's own
 */
export function lazySvg({ draw }: StudyPicture, drawSvg: SvgMaker, title?: string): LazySvg {
  return async (name) => {
    const painted = await draw();
    const { THEMES } = await import("./theme.ts");
    return drawSvg((document) => painted(document, { ...THEMES[name], title }));
  };
}
