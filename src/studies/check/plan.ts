/** @file What `check` is asked for: its rules, and the plan with every default in place. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { STUDY_OPTIONS, type StudyOptions } from "../common/studyOptions.ts";
import type { VerdictResult } from "../verdict/result.ts";
import { ruleFrom, RuleFault } from "./rule.ts";
import type { PlacedRule, Rules } from "./rulesFile.ts";
import type { OptionNames } from "../../base/optionNames.ts";

export interface CheckOptions extends StudyOptions {
  /** Sentences, or what `rulesFrom` read from a file. */
  readonly rules: readonly string[] | Rules;
  /** Where the rules come from, for reports; left out: nowhere. */
  readonly file?: string | undefined;
  /** Verdicts that rules `same ... as NAME` compare with, by name. */
  readonly baselines?: Readonly<Record<string, VerdictResult>> | undefined;
  /** Rows to begin with; left out: those of the rules, or 20. */
  readonly numExamples?: number | undefined;
  /** Most rows for a rule that is undecided; left out: those of the rules, or 160. */
  readonly limit?: number | undefined;
  /** Left out: those of the rules, or 64. */
  readonly seqLen?: number | undefined;
  /** Left out: that of the rules, or 0. */
  readonly seed?: number | undefined;
  /** Left out: that of the rules, or "auto". */
  readonly bos?: BosChoice | undefined;
  /** Quick verdicts for rules about labels; left out: as the rules say, or false. */
  readonly quick?: boolean | undefined;
}

export const CHECK_OPTIONS: OptionNames<CheckOptions> = {
  ...STUDY_OPTIONS,
  rules: true,
  file: true,
  baselines: true,
  numExamples: true,
  limit: true,
  seqLen: true,
  seed: true,
  bos: true,
  quick: true,
};

export interface CheckPlan {
  readonly rules: readonly PlacedRule[];
  /** Rows after which undecided rules are looked at again. */
  readonly looks: readonly number[];
  readonly input: {
    readonly seqLen?: number | undefined;
    readonly seed?: number | undefined;
    readonly bos?: BosChoice | undefined;
  };
  readonly quick: boolean;
  /** The first number of rows was asked for; else the first verdict takes its own. */
  readonly hasOwnCount: boolean;
}

/** @throws {InputError} "rules" for a sentence that is not a rule, or a baseline that is not there; "range" for rows */
export function checkPlan(options: CheckOptions): CheckPlan {
  const { rules, ...settings } = settingsOf(options);
  if (!Array.isArray(rules))
    throw new InputError(
      "rules",
      `a check needs \`rules\`, a list of sentences or what \`rulesFrom\` read, got ${shownValue(options.rules)}`,
      { option: "rules" },
    );
  if (rules.length === 0) throw new InputError("rules", "a check needs rules, got none");
  for (const { rule, text } of rules)
    if (rule.kind === "same" && !Object.hasOwn(options.baselines ?? {}, rule.file))
      throw new InputError(
        "rules",
        `the rule "${text}" needs the verdict ${rule.file} in \`baselines\`, which does not have it`,
        { option: "baselines" },
      );
  const of = <Key extends keyof typeof settings>(key: Key) => options[key] ?? settings[key];
  const input = { seqLen: of("seqLen"), seed: of("seed"), bos: of("bos") };
  const looks = looksOf(of("numExamples") ?? 20, of("limit") ?? 160);
  const hasOwnCount = of("numExamples") !== undefined;
  return { rules, looks, input, quick: of("quick") ?? false, hasOwnCount };
}

function settingsOf({ rules }: CheckOptions): Rules {
  if (!isList(rules)) return { ...rules };
  return {
    rules: rules.map((text) => ({ rule: sentence(text), text, name: text, line: null })),
  };
}

function isList(rules: CheckOptions["rules"]): rules is readonly string[] {
  return Array.isArray(rules);
}

function sentence(text: string) {
  try {
    return ruleFrom(text);
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    throw new InputError("rules", `"${text}", character ${error.at + 1}: ${error.message}`);
  }
}

/** From the first number on twice as many each time, up to the limit. */
function looksOf(first: number, limit: number): number[] {
  const isCount = (count: number) => Number.isInteger(count) && count >= 10;
  if (!isCount(first))
    throw new InputError("range", `a check needs \`numExamples\` of 10 or more, got ${first}`, {
      option: "numExamples",
    });
  if (!isCount(limit) || limit < first)
    throw new InputError(
      "range",
      `\`limit\` needs a whole number from the first ${first} rows on, got ${limit}`,
      { option: "limit" },
    );
  const looks = [first];
  while (looks.at(-1)! < limit) looks.push(Math.min(limit, 2 * looks.at(-1)!));
  return looks;
}
