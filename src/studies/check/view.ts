/** @file What `check` shows: the outcome of every rule, and the heads that break one. */
import { UNIT_SCALE } from "../../draw/headScale.ts";
import { plural } from "../../base/plural.ts";
import {
  aboutLines,
  pictureLines,
  pictureName,
  settingsOf,
  type StudyTable,
  type StudyView,
} from "../../draw/studyView.ts";
import { OUTCOMES, type CheckResult } from "./result.ts";

export function checkView(result: CheckResult): StudyView {
  const { model, rules, scores, looks, verdict } = result;
  const open = rules.some(({ outcome }) => outcome === "undecided");
  const verdicts =
    verdict === "none"
      ? ""
      : verdict === "attention"
        ? "; verdict by attention alone, which decides these rules"
        : `; ${verdict} verdict`;
  return {
    title: `Check of ${model.id}: ${result.outcome}`,
    lines: [
      ...aboutLines(result),
      `rules: ${result.file ?? "of the caller"}; up to ${looks.at(-1)!} rows for a rule that is undecided${verdicts}`,
    ],
    sentences: [
      `${countWords(result)}.`,
      ...(open
        ? [
            `With ${looks.at(-1)!} rows some rules are still undecided: their intervals span the bound.`,
          ]
        : []),
    ],
    map: {
      title: `Check of ${pictureName(model.id)}: ${result.outcome}`,
      subtitle: [...pictureLines(result), countWords(result)],
      values: scores.induction,
      scale: UNIT_SCALE,
      scaleLabel: "mean attention to the token after the earlier copy, 0 to 1",
      marked: {
        heads: rules.flatMap(({ heads }) => heads),
        label: "a rule about it fails or is undecided",
      },
      description: rules.map(({ name, outcome }) => `${name}: ${outcome}`).join("; "),
    },
    tables: [ruleTable(result)],
    csv: () => fileTable(result),
    settings: settingsOf(result),
    warnings: result.warnings,
  };
}

/** `5 rules hold, 1 fails, 1 is undecided`. */
function countWords({ rules }: Pick<CheckResult, "rules">): string {
  const verbs = {
    holds: ["holds", "hold"],
    fails: ["fails", "fail"],
    undecided: ["is undecided", "are undecided"],
  } as const;
  return OUTCOMES.map((outcome) => {
    const count = rules.filter((rule) => rule.outcome === outcome).length;
    return `${plural(count, "rule")} ${verbs[outcome][count === 1 ? 0 : 1]}`;
  }).join(", ");
}

function ruleTable({ rules }: CheckResult): StudyTable {
  return {
    caption: "Rules; intervals are wide enough for all heads and looks together",
    columns: ["outcome", "rule"],
    rows: rules.map(({ outcome, name, why }) => [outcome, `${name} (${why})`]),
    terminalRows: Infinity,
  };
}

function fileTable({ rules }: CheckResult): StudyTable {
  return {
    caption: "Rules",
    columns: ["outcome", "name", "rule", "line", "value", "low", "high", "rows", "heads", "why"],
    rows: rules.map(({ outcome, name, rule, line, value, low, high, examples, heads, why }) => [
      ...[outcome, name, rule, line, value, low, high, examples],
      heads.map(({ layer, head }) => `L${layer}H${head}`).join(" "),
      why,
    ]),
  };
}
