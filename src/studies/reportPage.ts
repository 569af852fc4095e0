/** @file Several Results as one HTML file that works offline, a section for each. */
import { InputError } from "../base/errors.ts";
import { shownValue } from "../base/faultSentences.ts";
import type { SvgMaker } from "../draw/lazySvg.ts";
import { markup, type Markup } from "../draw/markup.ts";
import { page } from "../draw/page.ts";
import { scriptsOf, studyBody } from "../draw/studyBody.ts";
import { resultMarkup } from "../draw/studyPage.ts";
import { STUDIES, type Studies } from "./registry.ts";
import { viewOf, type NamedResult } from "./views.ts";

/** Title of a page to which nobody gave another. */
export const REPORT_TITLE = "Induction heads";

/**
 * The page. All Results can be read back from the elements `result-1`, `result-2`, ...
 *
 * @param drawSvg makes SVG text of a picture
 * @param studies those whose Results may be there; left out: all
 * @throws {InputError} "result" for what is no list, for a Result of a kind that is not known, or that does not fit its schema
 */
export async function reportPage(
  title: string,
  results: readonly NamedResult[],
  drawSvg: SvgMaker,
  studies: Studies = STUDIES,
): Promise<string> {
  if (!Array.isArray(results))
    throw new InputError(
      "result",
      `a page needs a list of Results, each {name, result}, got ${shownValue(results)}`,
    );
  const views = await Promise.all(results.map((entry) => viewOf(entry, studies)));
  const sections: Markup[] = [];
  for (const [index, view] of views.entries()) {
    const element = `result-${index + 1}`;
    sections.push(markup`<section id="section-${index + 1}">
<h2>${view.title}</h2>
${await studyBody(view, drawSvg, { element, path: [] })}
${resultMarkup(element, results[index]!.result)}
</section>`);
  }
  const links = views.map(
    (view, index) => markup`<li><a href="#section-${index + 1}">${view.title}</a></li>`,
  );
  const body = markup`<h1>${title}</h1>
<ul>
${links}
</ul>
${sections}`;
  return page(title, body, [...new Set(views.flatMap(scriptsOf))]);
}
