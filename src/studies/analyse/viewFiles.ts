/** @file An analysis as one folder: JSON, a page with everything in it, and the pictures. Node only. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import type { AnalyseResult } from "./result.ts";
import { FIGURE_FILES } from "../../draw/figures/figureFileNames.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { jsonText } from "../../draw/json.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import { picturesOf } from "../../draw/pictures.ts";
import { checkFolder, replaceFolder } from "../../draw/replaceFolder.ts";
import { studyPage } from "../../draw/studyPage.ts";
import type { StudyPicture } from "../../draw/studyView.ts";
import { analyseView, type AnalyseView } from "./view.ts";

const JSON_FILE = "induction_heads_analysis.json";
const PAGE = "report.html";

/** Every picture there may be, by file name. */
const PICTURES: Readonly<Record<string, (view: AnalyseView) => StudyPicture | undefined>> = {
  "induction_scores.png": ({ parts }) => picturesOf(parts.score)[0],
  "induction_patching_effects.png": ({ parts }) => parts.layers,
  "induction_patching_heads.png": ({ parts }) => parts.patching && picturesOf(parts.patching)[0],
  "induction_attention.png": ({ parts }) => picturesOf(parts.attention)[0],
  "induction_target_by_layer.png": ({ parts }) => picturesOf(parts.lens)[0],
  "induction_logit_lens.png": ({ parts }) => picturesOf(parts.lens)[1],
};

const NAMES = [JSON_FILE, PAGE, ...Object.keys(PICTURES), ...FIGURE_FILES];

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
 * @param more files of a figure
 * @returns names of the files
 * @throws {InputError} "output" for a folder that holds anything else, or that cannot be written
 */
export async function writeAnalysis(
  result: AnalyseResult,
  folder: string,
  more: ReadonlyMap<string, string | Uint8Array> = new Map(),
): Promise<string[]> {
  if (typeof folder !== "string" || folder === "")
    throw new InputError(
      "output",
      `an analysis needs the path of a folder, got ${shownValue(folder)}`,
    );
  checkAnalysisFolder(folder);
  const { png } = await import("../../draw/png.ts");
  const view = analyseView(result);
  const files = new Map<string, string | Uint8Array>([
    [JSON_FILE, jsonText(result)],
    [PAGE, await studyPage(view, result, drawnInNode)],
  ]);
  for (const [name, pictureOf] of Object.entries(PICTURES)) {
    const picture = pictureOf(view);
    if (picture) files.set(name, await png(await lazySvg(picture, drawnInNode)("light")));
  }
  more.forEach((content, name) => files.set(name, content));
  replaceFolder(folder, files, NAMES);
  return [...files.keys()];
}
