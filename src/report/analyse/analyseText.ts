import type { AnalyseResult } from "../../results/analyse.ts";
import { studyText, type StudyTextOptions } from "../studyText.ts";
import { analyseView } from "./analyseView.ts";

/** Findings and the tables behind them, for a terminal. */
export function analyseText(result: AnalyseResult, options: StudyTextOptions = {}): string {
  return studyText(analyseView(result), options);
}
