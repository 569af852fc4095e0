import { InputError } from "../base/errors.ts";
import { scoreRow } from "./attentionTables.ts";
import type { Convention, MeasuredInput } from "./convention.ts";
import { CONVENTIONS } from "./conventions.ts";
import { IDEAL_HEADS, idealHeads, type IdealHead } from "./idealHeads.ts";
import type { Repeats } from "./repeats.ts";

/** What one convention makes of heads whose nature is known. */
export interface AuditRow {
  readonly convention: string;
  readonly formula: string;
  readonly source: string;
  /** The head it is meant to find. */
  readonly finds: IdealHead;
  /** The most that any attention can score on this input; an upper bound for scores that are not linear. */
  readonly ceiling: number;
  /** What uniform causal attention scores. */
  readonly null: number | null;
  /** Score of each ideal head; null where the formula is 0/0. */
  readonly values: Readonly<Record<IdealHead, number | null>>;
  /** What it confuses, one sentence each; empty if it is clean on this input. */
  readonly words: readonly string[];
}

/**
 * Every convention on every ideal head, on an input of this layout: what a number of theirs can and cannot mean. Those that write rows
 * of their own are computed on rows like theirs.
 *
 * @param repeats layout; period at least 4, so that no stripe falls on the previous-token diagonal
 * @returns one row per convention, in the order of the table of conventions
 * @throws {InputError} "range" if the period is under 4 or the repeats do not fit
 */
export function audit(repeats: Repeats): AuditRow[] {
  if (!(repeats.period >= 4)) {
    throw new InputError("range", `audit needs a period of at least 4, got ${repeats.period}`);
  }
  const { start, period, length } = repeats;
  const tokens = Array.from({ length }, (_, position) =>
    position < start ? period + position : (position - start) % period,
  );
  const input = { ...repeats, tokens };
  return Object.entries(CONVENTIONS).map(([name, convention]) => auditRow(name, convention, input));
}

function auditRow(name: string, convention: Convention, layout: MeasuredInput): AuditRow {
  const input = convention.rows?.(layout) ?? layout;
  const scores = convention.scores(idealHeads(input), input);
  const values = Object.fromEntries(
    IDEAL_HEADS.map((head, index) => [
      head,
      Number.isFinite(scores[index]) ? scores[index]! : null,
    ]),
  ) as Record<IdealHead, number | null>;
  const { formula, source, finds } = convention;
  const row = {
    convention: name,
    formula,
    source,
    finds,
    ceiling: convention.ceiling(input),
    null: values.uniform,
    values,
  };
  return { ...row, words: [...wordsOf(row), ...(convention.notes ?? [])] };
}

const headWords = (head: IdealHead) =>
  head === "uniform" ? "uniform attention" : scoreRow(head).headWords;

/** A share of its own head's score above the null from which an impostor is worth a sentence. */
const WORTH_SAYING = 0.005;

function wordsOf({ finds, values, ceiling, null: floor }: Omit<AuditRow, "words">): string[] {
  const own = values[finds];
  const words: string[] = [];
  if (own === null || floor === null || own <= floor) {
    words.push(
      `does not see ${headWords(finds)}: it has ${decimals(own)}, uniform attention ${decimals(floor)}`,
    );
  } else if (own < 0.999) {
    words.push(`${headWords(finds)} has ${decimals(own)} and not 1 (ceiling ${decimals(ceiling)})`);
  }
  const span = Math.max(own ?? 0, ceiling) - (floor ?? 0);
  for (const head of IDEAL_HEADS) {
    const value = values[head];
    if (head === finds || head === "uniform") continue;
    if (value === null) words.push(`is 0/0 for ${headWords(head)}`);
    else if ((value - (floor ?? 0)) / span >= WORTH_SAYING) {
      words.push(
        `gives ${headWords(head)} ${decimals(value)}${own !== null && value > own ? ", more than its own" : ""}`,
      );
    }
  }
  return words;
}

function decimals(value: number | null): string {
  return value === null ? "none" : value.toFixed(4);
}
