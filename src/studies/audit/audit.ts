/** @file `audit`: every convention on every ideal head, on the layout that a model would be measured on. */
import { InputError } from "../../base/errors.ts";
import { audit as auditRows, type AuditRow } from "../../measure/audit.ts";
import { beginResult } from "../../results/beginResult.ts";
import { modelInfoOf } from "../common/about.ts";
import { checkIsModel } from "../../models/checkIsModel.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import type { AuditResult } from "./result.ts";
import { DEFAULTS, generatedRows, type BosChoice } from "../../inputs/scoreInput.ts";
import { checkOptionNames, type OptionNames } from "../../base/optionNames.ts";

export interface AuditOptions {
  /** Tokens in the two copies together; even. Left out: 64, less if the model has no room. */
  readonly seqLen?: number | undefined;
  /** Left out: "auto", on if the model declares a BOS id, or if there is no model. */
  readonly bos?: BosChoice | undefined;
}

export const AUDIT_OPTIONS: OptionNames<AuditOptions> = {
  seqLen: true,
  bos: true,
};

/**
 * What every convention makes of ideal heads on `[BOS] r r`: value, ceiling, null, and in words what it confuses.
 *
 * Nothing is run, since ideal heads are known exactly: the same layout gives the same bytes.
 *
 * @param model its BOS and context decide the layout, as they do for `score`; null: a layout without a model
 * @throws {InputError} "range" for a period under 4 or a length that does not fit the model; "bos" if BOS is requested for a
 *   model without one
 */
export function audit(model: LoadedModel | null = null, options: AuditOptions = {}): AuditResult {
  if (model !== null) checkIsModel("audit", model);
  checkOptionNames("audit", options, AUDIT_OPTIONS);
  const { layout, warnings } = model ? modelLayout(model, options) : plainLayout(options);
  if (layout.length > LONGEST) {
    throw new InputError("range", `audit takes up to ${LONGEST} tokens, got ${layout.length}`);
  }
  const conventions = auditRows(layout).map(resultRow);
  return {
    ...beginResult("induction-lens/audit@1"),
    model: model ? modelInfoOf(model) : null,
    layout,
    warnings,
    conventions,
    summary: summaryOf(conventions),
  };
}

interface Layout {
  readonly layout: AuditResult["layout"];
  readonly warnings: string[];
}

function modelLayout({ architecture }: LoadedModel, options: AuditOptions): Layout {
  const { start, period, info, warnings } = generatedRows(architecture, {
    ...options,
    numExamples: 1,
  });
  return {
    layout: { start, period, length: info.length, bosPolicy: info.bosPolicy },
    warnings: [...warnings],
  };
}

function plainLayout({ seqLen = DEFAULTS.seqLen, bos = "auto" }: AuditOptions): Layout {
  if (!Number.isSafeInteger(seqLen) || seqLen < 4 || seqLen % 2 === 1) {
    throw new InputError(
      "range",
      `two copies need an even \`seqLen\` of at least 4, got ${seqLen}`,
      { option: "seqLen" },
    );
  }
  const start = bos === "off" ? 0 : 1;
  const bosPolicy = bos === "auto" ? "auto: on, there is no model to ask" : `${bos}, as asked`;
  return { layout: { start, period: seqLen / 2, length: start + seqLen, bosPolicy }, warnings: [] };
}

/** Tables grow with the square of the length, and ideal heads need no more. */
const LONGEST = 1025;

function resultRow(row: AuditRow): AuditResult["conventions"][number] {
  return { ...row, values: { ...row.values }, words: [...row.words] };
}

function summaryOf(conventions: AuditResult["conventions"]): string {
  const clean = conventions.filter(({ words }) => words.length === 0).length;
  const blind = conventions.filter(({ words }) => words[0]?.startsWith("does not see") === true);
  const names = blind.map(({ convention }) => convention).join(", ");
  return `On this input ${clean} of ${conventions.length} conventions confuse nothing${names && `; those that do not see the head they are meant to find: ${names}`}.`;
}
