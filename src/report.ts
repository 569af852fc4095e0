/** @file `induction-lens/report` in Node: also files, PNG, and SVG without a document. */
export * from "./reportAnywhere.ts";
export { png } from "./draw/png.ts";
export { headMapSvg } from "./draw/svg.ts";
export { writeResult } from "./studies/writeResult.ts";
export type { FileOptions } from "./draw/studyFiles.ts";
export type { ResultFileOptions } from "./studies/writeResult.ts";
export { writeAnalysis } from "./studies/analyse/viewFiles.ts";
export { REPORT_FORMATS, type ReportFormat } from "./draw/write.ts";
