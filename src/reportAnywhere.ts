/** @file What `induction-lens/report` is in Node and in browsers: words, tables, pictures and pages of Results. */
export { plotAttentionPattern, plotHeadScores, plotInductionStripe } from "./draw/asciiPlots.ts";
export { studyCsv } from "./draw/csv.ts";
export { headMap, type HeadMap, type MarkedHead } from "./draw/headMap.ts";
export { jsonText } from "./draw/json.ts";
export { lazySvg, type Drawn, type LazySvg } from "./draw/lazySvg.ts";
export { matrices, type Matrices } from "./draw/matrices.ts";
export { mapPicture, picturesOf } from "./draw/pictures.ts";
export { ramp, textOn, type Ramp, type Rgb } from "./draw/ramp.ts";
export { studyPage } from "./draw/studyPage.ts";
export type { StudyTextOptions } from "./draw/studyText.ts";
export type {
  HeadCell,
  StudyCell,
  StudyColumn,
  StudyPicture,
  StudyTable,
  StudyView,
} from "./draw/studyView.ts";
export { THEMES, type Theme } from "./draw/theme.ts";
export { tokenText } from "./draw/tokenText.ts";
export { ROUTE_WORDS } from "./results/causalNames.ts";
export { attentionView } from "./studies/attention/view.ts";
export { detectorText, type DetectorTextOptions } from "./studies/detector/viewText.ts";
export { REPORT_TITLE, reportPage } from "./studies/reportPage.ts";
export { scoreHeadMap, scoreView } from "./studies/score/view.ts";
export { FLAG_WORDS } from "./studies/verdict/viewFlags.ts";
export { toText, viewOf, type NamedResult } from "./studies/views.ts";
