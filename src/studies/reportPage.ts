/** @file Several Results as one HTML file that works offline, a section for each. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import { lazySvg, type Drawn } from "../draw/lazySvg.ts";
import { markup, scriptJson, type Markup } from "../draw/markup.ts";
import { page } from "../draw/page.ts";
import { studyBody } from "../draw/studyBody.ts";
import { STUDIES, type Studies } from "./registry.ts";
import { scoreBody, scoreTitle } from "./score/viewHtml.ts";
import { scoreHeadMap } from "./score/viewHeadMap.ts";
import { scoreResult } from "./score/result.ts";
import type { Study } from "./study.ts";

/** Title of a page to which nobody gave another. */
export const REPORT_TITLE = "Induction heads";

/** A Result, and where it comes from for messages. */
export interface NamedResult {
  readonly name: string;
  readonly result: unknown;
}

interface Section {
  readonly title: string;
  readonly body: Markup;
}

/**
 * The page. Parts that answer to the pointer are left out, since they belong to a page of one Result; all Results can be
 * read back from the elements `result-1`, `result-2`, ...
 *
 * @param drawn makes SVG text of a picture
 * @param studies those whose Results may be there; left out: all
 * @throws {InputError} "result" for a Result of a kind that is not known, or that does not fit its schema
 */
export async function reportPage(
  title: string,
  results: readonly NamedResult[],
  drawn: Drawn,
  studies: Studies = STUDIES,
): Promise<string> {
  const sections: Section[] = [];
  for (const named of results) sections.push(await sectionOf(named, drawn, studies));
  const links = sections.map(
    (section, index) => markup`<li><a href="#section-${index + 1}">${section.title}</a></li>`,
  );
  const body = markup`<h1>${title}</h1>
<ul>
${links}
</ul>
${sections.map(
  (section, index) => markup`<section id="section-${index + 1}">
<h2>${section.title}</h2>
${section.body}
<script type="application/json" id="result-${index + 1}">${scriptJson(results[index]!.result)}</script>
</section>`,
)}`;
  return page(title, body);
}

async function sectionOf(named: NamedResult, drawn: Drawn, studies: Studies): Promise<Section> {
  const study = await studyOf(named, studies);
  const result = parsed(study.result, named);
  if (study.name === "score") return scoreSection(scoreResult.parse(result), drawn);
  if (!study.view)
    throw new InputError(
      "result",
      `${named.name} is a Result of ${study.name}, which has no section`,
    );
  const { widget: _, ...view } = await study.view(result);
  return { title: view.title, body: await studyBody(view, drawn) };
}

async function scoreSection(result: z.infer<typeof scoreResult>, drawn: Drawn): Promise<Section> {
  const svg = lazySvg(scoreHeadMap(result), drawn);
  const pictures = { light: await svg("light"), dark: await svg("dark") };
  return { title: scoreTitle(result), body: scoreBody(result, pictures) };
}

/** The study whose Result it is, by its `schema`. */
async function studyOf({ name, result }: NamedResult, studies: Studies): Promise<Study> {
  const read = z.object({ schema: z.string() }).safeParse(result);
  const schema = read.success ? read.data.schema : "none";
  const kind = /^induction-lens\/([a-z-]+)@1$/.exec(schema)?.[1] ?? "";
  if (Object.hasOwn(studies, kind)) return (await studies[kind]!()).study;
  throw new InputError(
    "result",
    `a report has sections for ${Object.keys(studies).join(", ")}; ${name} has the schema ${schema}`,
  );
}

/** @throws {InputError} "result" for a Result that does not fit its schema; names the first five faults */
function parsed<Result>(schema: z.ZodType<Result>, { name, result }: NamedResult): Result {
  const read = schema.safeParse(result);
  if (read.success) return read.data;
  const faults = read.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new InputError("result", `${name} does not fit its schema: ${faults.join("; ")}`);
}
