/** @file Pictures of the command line, which has no document of its own. Node only. */
import type { SvgMaker } from "./lazySvg.ts";

export const drawnInNode: SvgMaker = async (paint) => (await import("./svg.ts")).drawnSvg(paint);
