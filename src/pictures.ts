/** @file Pictures and pages in Node, an entry of its own because a DOM and a plotting library take time to load. */
export { headMap, type HeadMap, type MarkedHead } from "./report/headMap.ts";
export { scoreHtml } from "./report/html.ts";
export type { Pictures } from "./report/page.ts";
export { png } from "./report/png.ts";
export { scoreHeadMap } from "./report/scoreHeadMap.ts";
export { headMapSvg } from "./report/svg.ts";
export { THEMES, type Theme } from "./report/theme.ts";
