import type { AuditResult } from "./result.ts";
import { auditCsv } from "./viewCsv.ts";
import type { Pictures } from "../../draw/page.ts";
import { writeReport } from "../../draw/write.ts";

/**
 * Writes an audit to `file`: .png, .svg, .html, .csv or .json; the whole file or nothing.
 *
 * @throws {InputError} "output" for an extension that is not known, or a place that cannot be written
 */
export function writeAudit(result: AuditResult, file: string): Promise<void> {
  const svg = async (theme: "light" | "dark") => {
    const { drawnSvg } = await import("../../draw/svg.ts");
    const { auditPicture } = await import("./viewPicture.ts");
    const { THEMES } = await import("../../draw/theme.ts");
    return drawnSvg((document) => auditPicture(result, document, THEMES[theme]));
  };
  const html = async (pictures: Pictures) =>
    (await import("./viewHtml.ts")).auditHtml(result, pictures);
  return writeReport({ result, svg, html, csv: () => auditCsv(result) }, file);
}
