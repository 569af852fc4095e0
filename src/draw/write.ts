/** @file A Result to a file in Node, in the format that the extension names: the whole file or nothing. */
import { extname } from "node:path";
import { InputError } from "../base/errors.ts";
import { jsonText } from "./json.ts";
import { checkPlace, replaceFile } from "./replaceFile.ts";

/** What one Result looks like in every format; nothing is made before it is asked for. */
export interface Report {
  readonly result: unknown;
  readonly svg: (theme: "light" | "dark") => Promise<string>;
  readonly html: () => Promise<string>;
  readonly csv: () => string;
  /** Its table with a caption. */
  readonly tex: () => Promise<string>;
  readonly md: () => Promise<string>;
}

/** Formats by extension. What draws is loaded when it is due: a DOM alone costs a fifth of a second. */
const FORMATS = {
  png: async ({ svg }) => (await import("./png.ts")).png(await svg("light")),
  svg: ({ svg }) => svg("light"),
  pdf: async ({ svg }) => (await import("./pdf.ts")).pdf(await svg("light")),
  html: ({ html }) => html(),
  csv: async ({ csv }) => csv(),
  tex: ({ tex }) => tex(),
  md: ({ md }) => md(),
  json: async ({ result }) => jsonText(result),
} as const satisfies Record<string, (report: Report) => Promise<string | Uint8Array>>;

export type ReportFormat = keyof typeof FORMATS;

/** The extensions that `writeReport` knows, without the dot. */
export const REPORT_FORMATS = Object.keys(FORMATS) as readonly ReportFormat[];

/**
 * Writes `report` to `file`, whose extension chooses the format, and makes the folders above it if they are missing.
 * An existing file is replaced in one step; if anything fails, it stays as it was and nothing new is left behind.
 *
 * @throws {InputError} "output" for an extension that is not known, a folder in place of a file, or a place that cannot be
 *   written
 */
export async function writeReport(report: Report, file: string): Promise<void> {
  checkOutput(file);
  replaceFile(file, await FORMATS[formatOf(file)](report));
}

/**
 * Refuses a `file` that `writeReport` could not write, before any work is done; touches nothing.
 *
 * @throws {InputError} "output" as `writeReport`
 */
export function checkOutput(file: string): void {
  formatOf(file);
  checkPlace(file);
}

function formatOf(file: string): ReportFormat {
  const extension = extname(file).slice(1).toLowerCase();
  const format = REPORT_FORMATS.find((name) => name === extension);
  if (format !== undefined) return format;
  const endings = REPORT_FORMATS.map((name) => `.${name}`).join(", ");
  throw new InputError("output", `output needs a file that ends in ${endings}, got ${file}`);
}
