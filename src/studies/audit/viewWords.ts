/** @file What an audit says about itself, in words that picture, page, terminal and docs share. */
import { scoreRow } from "../../measure/attentionTables.ts";
import { IDEAL_HEAD_NAMES, type AuditResult, type IdealHeadName } from "./result.ts";

export type AuditConvention = AuditResult["conventions"][number];

/** Name of an ideal head for people. */
export function idealHeadTitle(head: IdealHeadName): string {
  return head === "uniform" ? "uniform" : scoreRow(head).title;
}

/** The same in at most 4 characters, for terminals. */
export function shortHeadTitle(head: IdealHeadName): string {
  return head === "uniform" ? "null" : scoreRow(head).short;
}

/** Columns of every table of an audit: what attention can reach, and what each ideal head has. */
export const AUDIT_COLUMNS: readonly {
  readonly title: string;
  /** At most 4 characters, for terminals. */
  readonly short: string;
  /** The head of this column; absent for the ceiling. */
  readonly head?: IdealHeadName | undefined;
  readonly valueOf: (convention: AuditConvention) => number | null;
}[] = [
  { title: "ceiling", short: "ceil", valueOf: ({ ceiling }) => ceiling },
  ...IDEAL_HEAD_NAMES.map((head) => ({
    title: head === "uniform" ? "uniform (null)" : idealHeadTitle(head),
    short: shortHeadTitle(head),
    head,
    valueOf: ({ values }: AuditConvention) => values[head] ?? null,
  })),
];

/** `[BOS] r r · period 32 · 65 tokens · BOS auto: ...`, after the model if there is one. */
export function layoutWords({ model, layout }: AuditResult): string {
  const { start, period, length, bosPolicy } = layout;
  const shape = start === 1 ? "[BOS] r r" : "r r";
  const of = model === null ? "" : `${model.id} · `;
  return `${of}input ${shape} · period ${period} · ${length} tokens · BOS ${bosPolicy}`;
}

/** One sentence about a convention that is worth more than its numbers, or that there is none. */
export function confusions({ words }: AuditConvention): string {
  return words.length === 0 ? "confuses nothing on this input" : words.join("; ");
}
