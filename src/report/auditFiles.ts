import type { AuditResult } from "../results/audit.ts";
import { auditCsv } from "./auditCsv.ts";
import type { Pictures } from "./page.ts";
import { writeReport } from "./write.ts";

/**
 * Writes an audit to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export function writeAudit(result: AuditResult, file: string): Promise<void> {
  const svg = async (theme: "light" | "dark") => {
    const { drawnSvg } = await import("./svg.ts");
    const { auditPicture } = await import("./auditPicture.ts");
    const { THEMES } = await import("./theme.ts");
    return drawnSvg((document) => auditPicture(result, document, THEMES[theme]));
  };
  const html = async (pictures: Pictures) =>
    (await import("./auditHtml.ts")).auditHtml(result, pictures);
  return writeReport({ result, svg, html, csv: () => auditCsv(result) }, file);
}
