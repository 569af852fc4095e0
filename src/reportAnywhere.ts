/** @file What `induction-lens/report` is in Node and in browsers: words, pictures and pages of Results. */
export { plotAttentionPattern, plotHeadScores, plotInductionStripe } from "./draw/asciiPlots.ts";
export { auditText } from "./studies/audit/viewText.ts";
export { detectorText, type DetectorTextOptions } from "./studies/detector/viewText.ts";
export { scoreCsv } from "./studies/score/viewCsv.ts";
export { jsonText } from "./draw/json.ts";
export { scoreText, type TextOptions } from "./studies/score/viewTerminal.ts";
export { attentionPicture } from "./studies/attention/view.ts";
export { headMap, type HeadMap, type MarkedHead } from "./draw/headMap.ts";
export { matrices } from "./draw/matrices.ts";
export type { Drawn } from "./draw/lazySvg.ts";
export type { Pictures } from "./draw/page.ts";
export { REPORT_TITLE, reportPage, type NamedResult } from "./studies/reportPage.ts";
export { csvText } from "./draw/csv.ts";
export { viewPage, type ViewPage } from "./draw/viewPage.ts";
export type { StudyTable } from "./draw/studyView.ts";
export { scoreHeadMap } from "./studies/score/viewHeadMap.ts";
export { scoreHtml } from "./studies/score/viewHtml.ts";
export { THEMES, type Theme } from "./draw/theme.ts";
