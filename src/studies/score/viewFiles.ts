import type { ScoreResult } from "./result.ts";
import { scoreCsv } from "./viewCsv.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import type { Pictures } from "../../draw/page.ts";
import { scoreHeadMap } from "./viewHeadMap.ts";
import { writeReport } from "../../draw/write.ts";

/**
 * Writes a Result of `score` to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, a folder in place of a file, or a place that cannot
 *   be written
 */
export function writeResult(result: ScoreResult, file: string): Promise<void> {
  const html = async (pictures: Pictures) =>
    (await import("./viewHtml.ts")).scoreHtml(result, pictures);
  return writeReport(
    { result, svg: lazySvg(scoreHeadMap(result), drawnInNode), html, csv: () => scoreCsv(result) },
    file,
  );
}
