/** @file Pictures of the command line, which has no document of its own. Node only. */
import type { Drawn } from "./lazySvg.ts";

export const drawnInNode: Drawn = async (paint) => (await import("./svg.ts")).drawnSvg(paint);
