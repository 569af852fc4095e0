/** @file Rules about what a verdict calls heads. A head with the flag `undecided` could be called otherwise. */
import { headName } from "../../base/headName.ts";
import type { HeadAt } from "../../base/headName.ts";
import { InputError } from "../../base/errors.ts";
import { ACTING_LABELS, type Flag } from "../../measure/verdict/names.ts";
import type { VerdictResult } from "../verdict/result.ts";
import { outcomeOf, type Finding } from "./numberRules.ts";
import type { LabelRule, HeadProperty } from "./rule.ts";
import type { Outcome } from "./result.ts";

type Head = VerdictResult["heads"][number];
type Baselines = Readonly<Record<string, VerdictResult>>;

/** What causal runs decide is undecided in a verdict that has none yet. */
export function labelFinding(
  rule: LabelRule,
  verdict: VerdictResult,
  baselines: Baselines,
): Finding {
  if (rule.kind === "head") return headFinding(rule, verdict);
  if (rule.kind === "count") return countFinding(rule, verdict);
  return sameFinding(rule, verdict, baselines[rule.file]!);
}

/** Whether the verdict ended with attention, though heads attend like induction. */
export function isByAttention({ screened }: VerdictResult): boolean {
  return screened.candidates.length === 0 && screened.leftOut.length > 0;
}

/** Causal runs can change every flag of such heads, and the label of those that have no other behaviour. */
function awaitsRuns(head: Head, what: "label" | "labels" | "flags", verdict: VerdictResult) {
  if (!isByAttention(verdict) || !verdict.screened.leftOut.includes(headName(head))) return false;
  return what === "flags" || head.label === "other";
}

function headFinding(
  { head: at, not, ...subject }: LabelRule & { readonly kind: "head" },
  verdict: VerdictResult,
): Finding {
  const entry = verdict.heads.find(({ layer, head }) => layer === at.layer && head === at.head)!;
  const keeps = has(entry, subject) !== not;
  const outcome: Outcome = couldBeOther(entry, subject, verdict)
    ? "undecided"
    : keeps
      ? "holds"
      : "fails";
  return findingOf(outcome, `head ${headName(at)} is ${describeHead(entry)}`, [entry]);
}

/** Heads that have it for certain, and those that may. */
function countFinding(
  { operator, bound, ...subject }: LabelRule & { readonly kind: "count" },
  verdict: VerdictResult,
): Finding {
  const { heads } = verdict;
  const having = heads.filter((head) => has(head, subject));
  const open = heads.filter((head) => couldBeOther(head, subject, verdict));
  const certain = having.filter((head) => !open.includes(head)).length;
  const most = certain + open.length;
  const outcome = outcomeOf([certain, most], operator, bound);
  const name = `${subject.what === "label" ? "the label" : "the flag"} ${subject.name}`;
  const may = open.length > 0 ? `, undecided: ${open.length}` : "";
  return {
    ...findingOf(outcome, `heads with ${name}: ${certain} for certain${may}`, [...having, ...open]),
    value: having.length,
    low: certain,
    high: most,
  };
}

function sameFinding(
  { what, exceptUndecided, file }: LabelRule & { readonly kind: "same" },
  verdict: VerdictResult,
  baseline: VerdictResult,
): Finding {
  checkSameHeads(verdict, baseline, file);
  const others = verdict.heads.flatMap((head, index) => {
    const before = baseline.heads[index]!;
    return textOf(head, what) === textOf(before, what) ? [] : [{ head, before }];
  });
  const open = others.filter(({ head, before }) => [head, before].some(isUndecided));
  const sure = others.filter((head) => !open.includes(head));
  const outcome: Outcome =
    sure.length > 0
      ? "fails"
      : (open.length > 0 && !exceptUndecided) ||
          verdict.heads.some((head) => awaitsRuns(head, what, verdict))
        ? "undecided"
        : "holds";
  const list = (outcome === "fails" ? sure : open)
    .slice(0, 5)
    .map(
      ({ head, before }) =>
        `${headName(head)} was ${textOf(before, what)} and is ${textOf(head, what)}`,
    );
  const counts = `heads with other ${what} than in ${file}: ${sure.length} for certain, ${open.length} undecided`;
  const detail = list.length > 0 ? `${counts}: ${list.join(", ")}` : counts;
  return findingOf(
    outcome,
    detail,
    (outcome === "fails" ? sure : open).map(({ head }) => head),
  );
}

/** @throws {InputError} "rules" for the verdict of another architecture */
function checkSameHeads(verdict: VerdictResult, baseline: VerdictResult, file: string): void {
  const size = ({ model }: VerdictResult) => `${model.layers} layers of ${model.heads} heads`;
  if (size(verdict) === size(baseline)) return;
  throw new InputError(
    "rules",
    `${file} is the verdict of a model with ${size(baseline)}, this one has ${size(verdict)}`,
  );
}

/** Flags are compared without the one that says that the label may be another. */
function textOf({ label, flags }: Head, what: "labels" | "flags"): string {
  if (what === "labels") return label;
  return flags.filter((flag) => flag !== "undecided").join(" ") || "without flags";
}

function has({ label, flags }: Head, { what, name }: HeadProperty): boolean {
  return what === "label" ? label === name : flags.includes(name);
}

const isUndecided = ({ flags }: Head) => flags.includes("undecided");

/** Flags that attention alone decides; all others take causal runs. */
const OF_ATTENTION: readonly Flag[] = ["partial", "first-token-rest"];

/**
 * Whether other rows could change what a rule asks of a head. A head that was not run causally cannot get a label or a flag that
 * takes causal runs.
 */
function couldBeOther(head: Head, subject: HeadProperty, verdict: VerdictResult): boolean {
  if (awaitsRuns(head, subject.what, verdict)) return true;
  if (!isUndecided(head) || subject.name === "undecided") return false;
  if (has(head, subject)) return true;
  const causal =
    subject.what === "label"
      ? ACTING_LABELS.includes(subject.name)
      : !OF_ATTENTION.includes(subject.name);
  return !causal || head.evidence.copying !== null;
}

function describeHead({ label, flags }: Head): string {
  return flags.length === 0 ? label : `${label} (${flags.join(", ")})`;
}

function findingOf(outcome: Outcome, why: string, heads: readonly HeadAt[]): Finding {
  const guilty = outcome === "holds" ? [] : heads.map(({ layer, head }) => ({ layer, head }));
  return { outcome, why, value: null, low: null, high: null, heads: guilty };
}
