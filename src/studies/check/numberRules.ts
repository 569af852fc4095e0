/** @file Rules about numbers: an interval that is wide enough for all heads and all looks, against a bound. */
import type { HeadAt } from "../../base/headName.ts";
import { headName } from "../../base/headName.ts";
import { InputError } from "../../base/errors.ts";
import { meanInterval, scoreInterval, type Interval } from "../../measure/interval.ts";
import type { CopyLosses } from "../../measure/losses.ts";
import { moments } from "../../measure/moments.ts";
import type { DirectEffects } from "../../interventions/directEffects.ts";
import type { MeasuredScores } from "../score/buildResult.ts";
import type { NumberRule, Operator } from "./rule.ts";
import type { CheckedRule, Outcome } from "./result.ts";

/** Everything that was measured so far, row by row. */
export interface RowNumbers {
  readonly scores: MeasuredScores["scores"];
  readonly losses: CopyLosses | null;
  readonly effects: DirectEffects | null;
  /** Times that rules are looked at, at most. */
  readonly looks: number;
}

export type Finding = Pick<CheckedRule, "outcome" | "why" | "value" | "low" | "high" | "heads">;

interface HeadNumber extends HeadAt {
  readonly value: number;
  readonly interval: Interval;
}

/**
 * Whether a number keeps to its bound.
 *
 * Intervals are at level 1 - .05 / (looks x heads that the rule speaks of), so that a rule which is decided is decided wrongly in
 * at most 5 % of checks, however often it was looked at. The largest of all heads lies in [largest low, largest high].
 */
export function numberFinding(rule: NumberRule, rows: RowNumbers): Finding {
  if (rule.kind === "loss") {
    const values = rows.losses![rule.of];
    const interval = meanInterval(values, 1 - 0.05 / rows.looks)!;
    return boundFinding(rule, { value: moments(values).mean, interval }, `${rule.of}, nats`, []);
  }
  const all = headNumbersOf(rule, rows);
  if (typeof rule.heads === "object")
    return boundFinding(rule, all[0]!, `${rule.of} of head ${headName(rule.heads)}`, all);
  const isAny = rule.heads === "any";
  const pick = (of: (entry: HeadNumber) => number) =>
    isAny ? Math.max(...all.map(of)) : Math.min(...all.map(of));
  const value = pick((entry) => entry.value);
  const interval: Interval = [
    pick((entry) => entry.interval[0]),
    pick((entry) => entry.interval[1]),
  ];
  const at = all.find((entry) => entry.value === value)!;
  const what = `the ${isAny ? "largest" : "smallest"} ${rule.of}, of head ${headName(at)}`;
  return boundFinding(rule, { value, interval }, what, all);
}

function headNumbersOf(
  rule: NumberRule & { readonly kind: "head number" },
  { scores, effects, looks }: RowNumbers,
): HeadNumber[] {
  const { of, heads } = rule;
  const chosen = scores.flatMap((layer, at) =>
    layer.flatMap((_, head) =>
      typeof heads !== "object" || (heads.layer === at && heads.head === head)
        ? [{ layer: at, head }]
        : [],
    ),
  );
  const level = 1 - 0.05 / (looks * chosen.length);
  return chosen.map(({ layer, head }) => {
    const values = of === "effect" ? effects![layer]![head]! : scores[layer]![head]![of];
    const interval = of === "effect" ? meanInterval(values, level) : scoreInterval(values, level);
    return { layer, head, value: moments(values).mean, interval: interval! };
  });
}

function boundFinding(
  { operator, bound }: { readonly operator: Operator; readonly bound: number },
  { value, interval }: { readonly value: number; readonly interval: Interval },
  what: string,
  heads: readonly HeadNumber[],
): Finding {
  const outcome = outcomeOf(interval, operator, bound);
  const [low, high] = interval;
  const guilty = heads.filter((entry) => outcomeOf(entry.interval, operator, bound) !== "holds");
  const verb = { holds: "is", fails: "is", undecided: "may be" }[outcome];
  return {
    outcome,
    why: `${what}: ${digits(value)} [${digits(low)}, ${digits(high)}] ${verb} ${outcome === "fails" ? "not " : ""}${operator} ${bound}`,
    value,
    low,
    high,
    heads:
      outcome === "holds"
        ? []
        : guilty.slice(0, MOST_HEADS).map(({ layer, head }) => ({ layer, head })),
  };
}

const MOST_HEADS = 50;

/** Whether a number within [low, high] keeps to its bound. */
export function outcomeOf([low, high]: Interval, operator: Operator, bound: number): Outcome {
  const keeps: Readonly<Record<Operator, (value: number) => boolean>> = {
    ">=": (value) => value >= bound,
    "<=": (value) => value <= bound,
    ">": (value) => value > bound,
    "<": (value) => value < bound,
  };
  const [least, most] = [keeps[operator](low), keeps[operator](high)];
  if (least !== most) return "undecided";
  return least ? "holds" : "fails";
}

/** @throws {InputError} "unknown-head" for a head that the model does not have */
export function checkHead(
  { layer, head }: HeadAt,
  { layers, heads }: { readonly layers: number; readonly heads: number },
  text: string,
): void {
  if (layer < layers && head < heads) return;
  throw new InputError(
    "unknown-head",
    `the rule "${text}" is about head ${headName({ layer, head })}, and the model has heads 0.0 to ${layers - 1}.${heads - 1}`,
  );
}

function digits(value: number): string {
  return value.toFixed(3);
}
