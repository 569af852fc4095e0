import type { AnalyseResult } from "./result.ts";
import { studyText, type StudyTextOptions } from "../../draw/studyText.ts";
import { analyseView } from "./view.ts";

/** Findings and the tables behind them, for a terminal. */
export function analyseText(result: AnalyseResult, options: StudyTextOptions = {}): string {
  return studyText(analyseView(result), options);
}
