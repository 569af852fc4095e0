/** @file A picture as a part of a page, in both themes. */
import { lazySvg, type SvgMaker } from "./lazySvg.ts";
import type { Markup } from "./markup.ts";
import type { StudyPicture } from "./studyView.ts";

export async function figureMarkup(picture: StudyPicture, drawSvg: SvgMaker): Promise<Markup> {
  const { figure } = await import("./page.ts");
  const svg = lazySvg(picture, drawSvg);
  return figure(picture.label, { light: await svg("light"), dark: await svg("dark") });
}
