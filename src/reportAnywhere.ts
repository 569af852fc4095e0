/// <reference lib="dom" preserve="true" />
/** @file What `induction-lens/report` is in Node and in browsers: words, tables, pictures and pages of Results. */
export { byteSize } from "./base/byteSize.ts";
export {
  plotAttentionPattern,
  plotHeadScores,
  plotInductionStripe,
  type PlottedHead,
} from "./draw/asciiPlots.ts";
export type { Arcs } from "./draw/arcs.ts";
export {
  arcsLayout,
  tokenFont,
  tokenRoom,
  widestArcs,
  type Arc,
  type ArcsInput,
  type ArcsLayout,
  type PlacedArc,
} from "./draw/arcsLayout.ts";
export { studyCsv } from "./draw/csv.ts";
export { headMap, type HeadMap, type MarkedHead } from "./draw/headMap.ts";
export { drawFigure, type Figure as FigureFrame, type Part as FigurePart } from "./draw/figure.ts";
export { figurePage, type FigurePage } from "./draw/figurePage.ts";
export type { HeadScale } from "./draw/headScale.ts";
export { jsonText } from "./draw/json.ts";
export { lazySvg, type SvgMaker as Drawn, type LazySvg } from "./draw/lazySvg.ts";
export type { Markup } from "./draw/markup.ts";
export { matrices, type Matrices, type Matrix } from "./draw/matrices.ts";
export { arcsPicture, mapPicture, picturesOf } from "./draw/pictures.ts";
export { plural } from "./base/plural.ts";
export { ramp, textOn, type Ramp, type Rgb } from "./draw/ramp.ts";
export { studyPage } from "./draw/studyPage.ts";
export type { StudyTextOptions } from "./draw/studyText.ts";
export type {
  HeadCell,
  OverSteps,
  StudyCell,
  StudyColumn,
  Setting,
  StudyPicture,
  StudySection,
  StudyTable,
  StudyView,
  StudyWidget,
  WidgetData,
} from "./draw/studyView.ts";
export type { ColourDepth } from "./draw/terminalColour.ts";
export { THEMES, type Theme } from "./draw/theme.ts";
export { tickText, wholeTicks } from "./draw/ticks.ts";
export { tokenText } from "./draw/tokenText.ts";
export { hasWords, idOf, idsInText, wordOf } from "./draw/tokenWords.ts";
export { ROUTE_WORDS } from "./results/causalNames.ts";
export type { Flag } from "./measure/verdict/names.ts";
export type { Studies } from "./studies/registry.ts";
export type { LazyStudy, Study, StudyModule } from "./studies/study.ts";
export { attentionArcs, type ArcsPlace } from "./studies/attention/viewArcs.ts";
export { attentionView } from "./studies/attention/view.ts";
export { detectorText, type DetectorTextOptions } from "./studies/detector/viewText.ts";
export {
  FIGURE_NAMES,
  FIGURES,
  figureChoice,
  figureView,
  type FigureChoice,
  type FigureName,
} from "./studies/figures.ts";
export { REPORT_TITLE, reportPage } from "./studies/reportPage.ts";
export { scoreHeadMap, scoreView } from "./studies/score/view.ts";
export { FLAG_WORDS } from "./studies/verdict/viewFlags.ts";
export { toText, viewOf, type NamedResult } from "./studies/views.ts";
