/** @file An analysis as one folder: JSON, a page with everything in it, and the pictures. */
import type { AnalyseResult } from "./result.ts";
import { attentionView } from "../attention/view.ts";
import { attributionView } from "../attribution/view.ts";
import { lensView } from "../lens/view.ts";
import { patchView } from "../patch/view.ts";
import { jsonText } from "../../draw/json.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import { markup, scriptJson, type Markup } from "../../draw/markup.ts";
import { checkFolder, replaceFolder } from "../../draw/replaceFolder.ts";
import { scoreHeadMap } from "../score/viewHeadMap.ts";
import { picturesOf, studyBody } from "../../draw/studyBody.ts";
import type { StudyView } from "../../draw/studyView.ts";
import { analyseView } from "./view.ts";

type Svg = (theme: "light" | "dark") => Promise<string>;

const JSON_FILE = "induction_heads_analysis.json";
const PAGE = "report.html";

/** Every picture there may be, by file name. */
const PICTURES: Readonly<Record<string, (result: AnalyseResult) => Svg | undefined>> = {
  "induction_scores.png": ({ studies }) => lazySvg(scoreHeadMap(studies.score), drawnInNode),
  "induction_patching_effects.png": (result) =>
    picturesOf(analyseView(result), drawnInNode)[0]?.svg,
  "induction_patching_heads.png": ({ studies }) => {
    const view = headsView(studies);
    return view ? picturesOf(view, drawnInNode)[0]!.svg : undefined;
  },
  "induction_attention.png": ({ studies }) =>
    picturesOf(attentionView(studies.attention), drawnInNode)[0]!.svg,
  "induction_target_by_layer.png": ({ studies }) =>
    picturesOf(lensView(studies.lens), drawnInNode)[0]!.svg,
  "induction_logit_lens.png": ({ studies }) =>
    picturesOf(lensView(studies.lens), drawnInNode)[1]!.svg,
};

const NAMES = [JSON_FILE, PAGE, ...Object.keys(PICTURES)];

/**
 * Refuses a folder that `writeAnalysis` could not write, before any work is done.
 *
 * @throws {InputError} "output"
 */
export function checkAnalysisFolder(folder: string): void {
  checkFolder(folder, NAMES);
}

/**
 * Writes the analysis into `folder`: all files or none.
 *
 * @returns names of the files
 * @throws {InputError} "output" for a folder that holds anything else, or that cannot be written
 */
export async function writeAnalysis(result: AnalyseResult, folder: string): Promise<string[]> {
  checkAnalysisFolder(folder);
  const { png } = await import("../../draw/png.ts");
  const files = new Map<string, string | Uint8Array>([
    [JSON_FILE, jsonText(result)],
    [PAGE, await analysePage(result)],
  ]);
  for (const [name, picture] of Object.entries(PICTURES)) {
    const svg = picture(result);
    if (svg) files.set(name, await png(await svg("light")));
  }
  replaceFolder(folder, files);
  return [...files.keys()];
}

async function analysePage(result: AnalyseResult): Promise<string> {
  const { figure, page } = await import("../../draw/page.ts");
  const { score, attention, lens } = result.studies;
  const scores = lazySvg(scoreHeadMap(score), drawnInNode);
  const pictures = { light: await scores("light"), dark: await scores("dark") };
  const attending = attentionView(attention);
  const body = markup`<h1>${analyseView(result).title}</h1>
${await studyBody(analyseView(result), drawnInNode)}
<h2>Attention scores of every head</h2>
${figure("Heat map of the induction score", pictures)}
${await section("What patching each head restores", headsView(result.studies))}
${await section("Where the best heads look", attending)}
${await section("How the prediction forms", lensView(lens))}
<script type="application/json" id="result">${scriptJson(result)}</script>`;
  return page(analyseView(result).title, body, [attending.widget!.script]);
}

/** Exact effects of every head, or estimates with the exact effects of some; null where nothing was patched. */
function headsView({ patchHeads, screenHeads }: AnalyseResult["studies"]): StudyView | null {
  if (patchHeads) return patchView(patchHeads);
  return screenHeads && attributionView(screenHeads);
}

async function section(title: string, view: StudyView | null): Promise<Markup> {
  return view ? markup`<h2>${title}</h2>\n${await studyBody(view, drawnInNode)}` : markup``;
}
