/** @file A Result to a file in Node, in the format that the extension names: the whole file or nothing. */
import { extname } from "node:path";
import { InputError } from "../base/errors.ts";
import type { ScoreResult } from "../results/score.ts";
import { scoreCsv } from "./csv.ts";
import { jsonText } from "./json.ts";
import { checkPlace, replaceFile } from "./replaceFile.ts";

type Writer = (result: ScoreResult) => Promise<string | Uint8Array>;

/** Formats by extension. What draws is loaded when it is due: a DOM alone costs a fifth of a second. */
const FORMATS = {
  png: async (result) => (await import("./png.ts")).png(await scoreSvg(result, "light")),
  svg: (result) => scoreSvg(result, "light"),
  html: async (result) => {
    const { scoreHtml } = await import("./html.ts");
    const light = await scoreSvg(result, "light");
    return scoreHtml(result, { light, dark: await scoreSvg(result, "dark") });
  },
  csv: async (result) => scoreCsv(result),
  json: async (result) => jsonText(result),
} as const satisfies Record<string, Writer>;

export type ReportFormat = keyof typeof FORMATS;

/** The extensions that `writeResult` knows, without the dot. */
export const REPORT_FORMATS = Object.keys(FORMATS) as readonly ReportFormat[];

/**
 * Writes `result` to `file`, whose extension chooses the format, and makes the folders above it if they are missing.
 * An existing file is replaced in one step; if anything fails, it stays as it was and nothing new is left behind.
 *
 * @throws {InputError} "output" for an extension that is not known, a folder in place of a file, or a place that cannot
 *   be written
 */
export async function writeResult(result: ScoreResult, file: string): Promise<void> {
  checkOutput(file);
  replaceFile(file, await FORMATS[formatOf(file)](result));
}

/**
 * Refuses a `file` that `writeResult` could not write, before any work is done; touches nothing.
 *
 * @throws {InputError} "output" as `writeResult`
 */
export function checkOutput(file: string): void {
  formatOf(file);
  checkPlace(file);
}

function formatOf(file: string): ReportFormat {
  const extension = extname(file).slice(1).toLowerCase();
  const format = REPORT_FORMATS.find((known) => known === extension);
  if (format !== undefined) return format;
  const known = REPORT_FORMATS.map((name) => `.${name}`).join(", ");
  throw new InputError("output", `output needs a file that ends in ${known}, got ${file}`);
}

async function scoreSvg(result: ScoreResult, theme: "light" | "dark"): Promise<string> {
  const { headMapSvg } = await import("./svg.ts");
  const { scoreHeadMap } = await import("./scoreHeadMap.ts");
  const { THEMES } = await import("./theme.ts");
  return headMapSvg(scoreHeadMap(result), THEMES[theme]);
}
