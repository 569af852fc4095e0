import type { ScoreResult } from "../results/score.ts";
import { scoreCsv } from "./csv.ts";
import { drawnInNode } from "./drawnInNode.ts";
import { lazySvg } from "./lazySvg.ts";
import type { Pictures } from "./page.ts";
import { scoreHeadMap } from "./scoreHeadMap.ts";
import { writeReport } from "./write.ts";

/**
 * Writes a Result of `score` to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, a folder in place of a file, or a place that cannot
 *   be written
 */
export function writeResult(result: ScoreResult, file: string): Promise<void> {
  const html = async (pictures: Pictures) =>
    (await import("./html.ts")).scoreHtml(result, pictures);
  return writeReport(
    { result, svg: lazySvg(scoreHeadMap(result), drawnInNode), html, csv: () => scoreCsv(result) },
    file,
  );
}
