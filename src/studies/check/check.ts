/** @file `check`: whether a model keeps rules, with as many rows as it takes to be sure, up to a limit. */
import type { Backend } from "../../base/backend.ts";
import { InputError } from "../../base/errors.ts";
import { tensor } from "../../base/tensor.ts";
import { generatedRows, type RepeatedRows } from "../../inputs/scoreInput.ts";
import { directEffects, type DirectEffects } from "../../interventions/directEffects.ts";
import { copyLosses } from "../../measure/losses.ts";
import { moments } from "../../measure/moments.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { engineFor } from "../../runtime/engineFor.ts";
import { footerOf, headerOf } from "../common/about.ts";
import type { StudyOptions } from "../common/studyOptions.ts";
import { checkCanRun } from "../common/canRun.ts";
import { whileUnchanged } from "../common/whileUnchanged.ts";
import { scoreRows } from "../score/scoreRows.ts";
import type { VerdictResult } from "../verdict/result.ts";
import { ruleWarning } from "../verdict/ruleVersion.ts";
import { verdictAsNeeded } from "../verdict/verdict.ts";
import { isByAttention, labelFinding } from "./labelRules.ts";
import { checkHead, numberFinding, type Finding, type RowNumbers } from "./numberRules.ts";
import { CHECK_OPTIONS, checkPlan, type CheckOptions, type CheckPlan } from "./plan.ts";
import type { LabelRule, Rule } from "./rule.ts";
import type { PlacedRule } from "./rulesFile.ts";
import type { CheckedRule, CheckResult, Outcome } from "./result.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Whether a model keeps rules, such as `copyGain >= 3` or `head 1.0 label induction`.
 *
 * Each rule holds, fails, or is undecided: its interval spans the bound, or a head that decides has the flag `undecided`. While
 * one is, twice as many rows are drawn, up to the limit. Verdicts are made only for rules about labels, with causal
 * runs only if attention does not decide those.
 *
 * @returns one outcome per rule and one for all; a rule about a number whose true value breaks it holds in at most 5 % of checks
 * @throws {InputError} "rules" for what is not a rule or asks what the model does not have, "unknown-head", "range"
 * @throws {AbortError} between two runs once `signal` is aborted
 */
export async function check(model: LoadedModel, options: CheckOptions): Promise<CheckResult> {
  checkOptionNames("check", options, CHECK_OPTIONS);
  const plan = checkPlan(options);
  checkRules(model, plan.rules);
  const engine = await engineFor(model, options);
  return whileUnchanged(model, engine, async (elapsed, backend) => {
    const evidence = await decide(model, backend, plan, options);
    return resultOf(model, backend, plan, evidence, options, { run: elapsed() });
  });
}

const isOfLabels = (rule: Rule): rule is LabelRule =>
  rule.kind === "head" || rule.kind === "count" || rule.kind === "same";
const isOfEffects = (rule: Rule) => rule.kind === "head number" && rule.of === "effect";

function checkRules(model: LoadedModel, rules: readonly PlacedRule[]): void {
  checkCanRun("check", model);
  const headless = model.program.absent?.["logits"];
  for (const { rule, text } of rules) {
    if (rule.kind === "head") checkHead(rule.head, model.architecture, text);
    if (rule.kind === "head number" && typeof rule.heads === "object")
      checkHead(rule.heads, model.architecture, text);
    if (headless && (rule.kind === "loss" || isOfEffects(rule)))
      throw new InputError("rules", `the rule "${text}" needs logits: ${headless}`);
  }
  if (rules.some(({ rule }) => isOfLabels(rule))) checkCanRun("verdict", model, "check of labels");
}

interface DecidedFinding extends Finding {
  readonly examples: number;
}

interface RuleEvidence {
  readonly rows: RepeatedRows;
  readonly numbers: RowNumbers;
  readonly verdict: VerdictResult | null;
  readonly findings: readonly DecidedFinding[];
}

async function decide(
  model: LoadedModel,
  backend: Backend,
  plan: CheckPlan,
  options: CheckOptions,
): Promise<RuleEvidence> {
  const { rules, looks, input } = plan;
  const findings = rules.map((): DecidedFinding | null => null);
  const isOpen = (index: number) => (findings[index]?.outcome ?? "undecided") === "undecided";
  const openWhere = (is: (rule: Rule) => boolean) =>
    rules.some(({ rule }, index) => is(rule) && isOpen(index));
  const findingOf = (rule: LabelRule, verdict: VerdictResult) =>
    labelFinding(rule, verdict, options.baselines ?? {});
  const isLeftOpen = (rule: LabelRule, verdict: VerdictResult) =>
    findingOf(rule, verdict).outcome === "undecided";
  let numbers: RowNumbers | null = null;
  let judged: VerdictResult | null = null;
  let rows: RepeatedRows | null = null;
  for (const [look, examples] of looks.entries()) {
    if (numbers === null || openWhere((rule) => !isOfLabels(rule))) {
      rows = generatedRows(model.architecture, { ...input, numExamples: examples });
      const withEffects = rules.some(({ rule }) => isOfEffects(rule));
      numbers = await moreNumbers(model, backend, rows, numbers, looks.length, {
        ...options,
        withEffects,
      });
    }
    if (openWhere(isOfLabels))
      judged = await verdictAsNeeded(
        model,
        {
          ...{ ...input, quick: plan.quick, backend },
          ...(look > 0 || plan.hasOwnCount ? { numExamples: examples } : {}),
          ...{ signal: options.signal, progress: options.progress },
        },
        (byAttention) => !openWhere((rule) => isOfLabels(rule) && isLeftOpen(rule, byAttention)),
      );
    for (const [index, { rule }] of rules.entries()) {
      if (!isOpen(index)) continue;
      const finding = isOfLabels(rule) ? findingOf(rule, judged!) : numberFinding(rule, numbers);
      findings[index] = { ...finding, examples };
    }
    if (!openWhere(() => true)) break;
  }
  return {
    rows: rows!,
    numbers: numbers!,
    verdict: judged,
    findings: findings as DecidedFinding[],
  };
}

interface MoreOptions extends StudyOptions {
  readonly withEffects: boolean;
}

/** The numbers of all rows: those that are new are run and put behind the others. */
async function moreNumbers(
  model: LoadedModel,
  backend: Backend,
  rows: RepeatedRows,
  before: RowNumbers | null,
  looks: number,
  { withEffects, signal, progress }: MoreOptions,
): Promise<RowNumbers> {
  const done = before?.scores[0]![0]!.induction.length ?? 0;
  const fresh = rowsFrom(rows, done);
  const { scores, losses } = await scoreRows(model, backend, fresh, { signal, progress });
  const effects = withEffects ? await effectsOf(model, backend, fresh, { signal, progress }) : null;
  const now = { scores, losses: losses && copyLosses(losses, rows), effects, looks };
  return before === null ? now : joinNumbers(before, now);
}

async function effectsOf(
  model: LoadedModel,
  backend: Backend,
  rows: RepeatedRows,
  options: Pick<StudyOptions, "signal" | "progress">,
): Promise<DirectEffects> {
  const effects = await directEffects(model, backend, rows, options);
  if (typeof effects !== "string") return effects;
  throw new InputError("rules", `rules about effects need what heads write: ${effects}`);
}

/** The rows of `first` and later. */
function rowsFrom(rows: RepeatedRows, first: number): RepeatedRows {
  const { axes, data, shape } = rows.tokens;
  const [examples, length] = shape as readonly [number, number];
  return {
    ...rows,
    tokens: tensor(axes, [examples - first, length], data.slice(first * length)),
    info: { ...rows.info, examples: examples - first },
  };
}

function joinNumbers(before: RowNumbers, now: RowNumbers): RowNumbers {
  const append = (first: Float64Array, other: Float64Array) => Float64Array.of(...first, ...other);
  const appendAll = <Numbers extends object>(first: Numbers, other: Numbers) =>
    Object.fromEntries(
      Object.entries(first).map(([name, values]) => [
        name,
        append(values as Float64Array, (other as Record<string, Float64Array>)[name]!),
      ]),
    ) as Numbers;
  return {
    ...now,
    scores: now.scores.map((layer, at) =>
      layer.map((head, index) => appendAll(before.scores[at]![index]!, head)),
    ),
    losses: now.losses && before.losses && appendAll(before.losses, now.losses),
    effects:
      now.effects?.map((layer, at) =>
        layer.map((values, head) => append(before.effects![at]![head]!, values)),
      ) ?? null,
  };
}

function resultOf(
  model: LoadedModel,
  backend: Backend,
  { rules, looks, quick }: CheckPlan,
  { rows, numbers, verdict: judged, findings }: RuleEvidence,
  { file, baselines = {} }: CheckOptions,
  timings: Record<string, number>,
): CheckResult {
  const checked = rules.map(({ text, name, line }, index): CheckedRule => ({
    ...{ rule: text, name, line },
    ...findings[index]!,
  }));
  return {
    ...beginResult("induction-lens/check@1"),
    ...headerOf(model, rows.info, [
      ...rows.warnings,
      ...(judged?.warnings ?? []),
      ...(judged ? baselineWarnings(baselines, judged) : []),
    ]),
    file: file ?? null,
    outcome: together(checked),
    rules: checked,
    looks: [...looks],
    verdict:
      judged === null ? "none" : isByAttention(judged) ? "attention" : quick ? "quick" : "full",
    scores: {
      induction: numbers.scores.map((layer) =>
        layer.map(({ induction }) => moments(induction).mean),
      ),
    },
    ...footerOf(backend, timings),
  };
}

function baselineWarnings(
  baselines: Readonly<Record<string, VerdictResult>>,
  verdict: VerdictResult,
): string[] {
  return Object.entries(baselines).flatMap(
    ([file, baseline]) => ruleWarning([file, baseline], ["this verdict", verdict]) ?? [],
  );
}

function together(rules: readonly CheckedRule[]): Outcome {
  const has = (outcome: Outcome) => rules.some((rule) => rule.outcome === outcome);
  return has("fails") ? "fails" : has("undecided") ? "undecided" : "holds";
}
