/** @file Pictures and pages in Node, an entry of its own because a DOM and a plotting library take time to load. */
export { headMap, type HeadMap, type MarkedHead } from "./draw/headMap.ts";
export { scoreHtml } from "./studies/score/viewHtml.ts";
export type { Pictures } from "./draw/page.ts";
export { png } from "./draw/png.ts";
export { scoreHeadMap } from "./studies/score/viewHeadMap.ts";
export { headMapSvg } from "./draw/svg.ts";
export { THEMES, type Theme } from "./draw/theme.ts";
