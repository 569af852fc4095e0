/** @file An audit to a file in Node, in the format that the extension names. */
import { extname } from "node:path";
import type { AuditResult } from "../results/audit.ts";
import { auditCsv } from "./auditCsv.ts";
import { jsonText } from "./json.ts";
import { replaceFile } from "./replaceFile.ts";
import { checkOutput, type ReportFormat } from "./write.ts";

type Writer = (result: AuditResult) => Promise<string | Uint8Array>;

const FORMATS: Readonly<Record<ReportFormat, Writer>> = {
  png: async (result) => (await import("./png.ts")).png(await auditSvg(result, "light")),
  svg: (result) => auditSvg(result, "light"),
  html: async (result) => {
    const { auditHtml } = await import("./auditHtml.ts");
    const light = await auditSvg(result, "light");
    return auditHtml(result, { light, dark: await auditSvg(result, "dark") });
  },
  csv: async (result) => auditCsv(result),
  json: async (result) => jsonText(result),
};

/**
 * Writes `result` to `file` as `writeResult` does: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export async function writeAudit(result: AuditResult, file: string): Promise<void> {
  checkOutput(file);
  const format = extname(file).slice(1).toLowerCase() as ReportFormat; // which checkOutput knows
  replaceFile(file, await FORMATS[format](result));
}

async function auditSvg(result: AuditResult, theme: "light" | "dark"): Promise<string> {
  const { drawnSvg } = await import("./svg.ts");
  const { auditPicture } = await import("./auditPicture.ts");
  const { THEMES } = await import("./theme.ts");
  return drawnSvg((document) => auditPicture(result, document, THEMES[theme]));
}
