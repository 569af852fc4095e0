/** @file Several Results as one HTML file that works offline, a section for each. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import { ablateResult } from "./ablate/result.ts";
import { attentionResult } from "./attention/result.ts";
import { attributionResult } from "./attribution/result.ts";
import { circuitResult } from "./circuit/result.ts";
import { lensResult } from "./lens/result.ts";
import { fingerprintResult, patchResult } from "./patch/result.ts";
import { pathResult } from "./path/result.ts";
import { phaseResult } from "./phase/result.ts";
import { phaseSeedsResult } from "./phase/resultSeeds.ts";
import { scoreResult } from "./score/result.ts";
import { textResult } from "./text/result.ts";
import { verdictResult } from "./verdict/result.ts";
import { whyResult } from "./why/result.ts";
import { ablateView } from "./ablate/view.ts";
import { attentionView } from "./attention/view.ts";
import { attributionView } from "./attribution/view.ts";
import { circuitView } from "./circuit/view.ts";
import { lensView } from "./lens/view.ts";
import { fingerprintView, patchView } from "./patch/view.ts";
import { pathView } from "./path/view.ts";
import { whyView } from "./why/view.ts";
import { scoreBody, scoreTitle } from "./score/viewHtml.ts";
import { lazySvg, type Drawn } from "../draw/lazySvg.ts";
import { markup, scriptJson, type Markup } from "../draw/markup.ts";
import { page } from "../draw/page.ts";
import { phaseSeedsView } from "./phase/viewSeeds.ts";
import { phaseView } from "./phase/view.ts";
import { scoreHeadMap } from "./score/viewHeadMap.ts";
import { studyBody } from "../draw/studyBody.ts";
import type { StudyView } from "../draw/studyView.ts";
import { textView } from "./text/view.ts";
import { verdictView } from "./verdict/view.ts";

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
type Kind = (given: NamedResult, drawn: Drawn) => Promise<Section>;

/** How each kind of Result is a section, by the name in its `schema`. */
const KINDS: Readonly<Record<string, Kind>> = {
  score: async (given, drawn) => {
    const result = parsed(scoreResult, given);
    const svg = lazySvg(scoreHeadMap(result), drawn);
    const pictures = { light: await svg("light"), dark: await svg("dark") };
    return { title: scoreTitle(result), body: scoreBody(result, pictures) };
  },
  verdict: study(verdictResult, verdictView),
  patch: study(patchResult, patchView),
  fingerprint: study(fingerprintResult, fingerprintView),
  path: study(pathResult, pathView),
  attribution: study(attributionResult, attributionView),
  ablate: study(ablateResult, ablateView),
  lens: study(lensResult, lensView),
  circuit: study(circuitResult, circuitView),
  attention: study(attentionResult, attentionView),
  why: study(whyResult, whyView),
  text: study(textResult, textView),
  phase: study(phaseResult, phaseView),
  "phase-seeds": study(phaseSeedsResult, phaseSeedsView),
};

/**
 * The page. Parts that answer to the pointer are left out, since they belong to a page of one Result; all Results can be
 * read back from the elements `result-1`, `result-2`, ...
 *
 * @param drawn makes SVG text of a picture
 * @throws {InputError} "result" for a Result of a kind that is not known, or that does not fit its schema
 */
export async function reportPage(
  title: string,
  results: readonly NamedResult[],
  drawn: Drawn,
): Promise<string> {
  const sections: Section[] = [];
  for (const given of results) sections.push(await kindOf(given)(given, drawn));
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

function study<Result>(schema: z.ZodType<Result>, viewOf: (result: Result) => StudyView): Kind {
  return async (given, drawn) => {
    const { widget: _, ...view } = viewOf(parsed(schema, given));
    return { title: view.title, body: await studyBody(view, drawn) };
  };
}

function kindOf({ name, result }: NamedResult): Kind {
  const said = z.object({ schema: z.string() }).safeParse(result);
  const schema = said.success ? said.data.schema : "none";
  const kind = KINDS[/^induction-lens\/([a-z-]+)@1$/.exec(schema)?.[1] ?? ""];
  if (kind) return kind;
  throw new InputError(
    "result",
    `a report has sections for ${Object.keys(KINDS).join(", ")}; ${name} has the schema ${schema}`,
  );
}

function parsed<Result>(schema: z.ZodType<Result>, { name, result }: NamedResult): Result {
  const read = schema.safeParse(result);
  if (read.success) return read.data;
  const faults = read.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new InputError("result", `${name} does not fit its schema: ${faults.join("; ")}`);
}
