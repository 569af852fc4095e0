/** @file What an audit says about itself, in words that picture, page, terminal and docs share. */
import { IDEAL_HEAD_NAMES, type AuditResult, type IdealHeadName } from "./result.ts";

export type AuditConvention = AuditResult["conventions"][number];

/** Names of the ideal heads for people. */
export const IDEAL_HEAD_TITLES: Readonly<Record<IdealHeadName, string>> = {
  induction: "induction",
  duplicateToken: "duplicate token",
  previousToken: "previous token",
  firstToken: "first token",
  currentToken: "current token",
  uniform: "uniform",
};

const SHORT_TITLES: Readonly<Record<IdealHeadName, string>> = {
  induction: "ind",
  duplicateToken: "dup",
  previousToken: "prev",
  firstToken: "1st",
  currentToken: "cur",
  uniform: "null",
};

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
    title: head === "uniform" ? "uniform (null)" : IDEAL_HEAD_TITLES[head],
    short: SHORT_TITLES[head],
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
