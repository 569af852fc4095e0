import { markup, scriptJson, type Markup } from "./markup.ts";
import { page } from "./page.ts";
import { scriptsOf, studyBody } from "./studyBody.ts";
import type { SvgMaker } from "./lazySvg.ts";
import type { StudyView } from "./studyView.ts";

/** What a study shows as one HTML file that works offline; its Result can be read back from the element `result`. */
export async function studyPage(
  view: StudyView,
  result: unknown,
  drawSvg: SvgMaker,
): Promise<string> {
  const body = markup`<h1>${view.title}</h1>
${await studyBody(view, drawSvg, { element: "result", path: [] })}
${resultMarkup("result", result)}`;
  return page(view.title, body, scriptsOf(view));
}

/** A Result in the page, to be read back. */
export function resultMarkup(id: string, result: unknown): Markup {
  return markup`<script type="application/json" id="${id}">${scriptJson(result)}</script>`;
}
