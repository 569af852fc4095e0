/** @file `phase` on curves: the change of a run, its parts in order, and words for them. Needs no model and no engine. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import { headDepth } from "../../measure/headDepth.ts";
import { changeSearch, FEWEST_CHECKPOINTS, type ChangeFinding } from "../../measure/changePoint.ts";
import { falseDiscovery } from "../../measure/falseDiscovery.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { PhaseChange, PhaseCurves, PhaseHead, PhasePair, PhaseResult } from "./result.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import {
  byInduction,
  inductionHeads,
  pairWith,
  previousBefore,
  type RankedHead,
} from "./leadingPair.ts";
import { lossBump, type ChangeIn } from "./lossBump.ts";
import { phasePlan, type PhaseOptions } from "./plan.ts";
import { phaseWords } from "./phaseWords.ts";

/** A change as a Result has it, or none, with the p of the search; p is null if there were too few checkpoints. */
export interface Finding {
  readonly change: PhaseChange | null;
  readonly p: number | null;
}

/**
 * What the curves of a run show: whether and when induction heads form, in which order the parts of the circuit appear,
 * and what the loss does meanwhile.
 *
 * The phase change is the change point of the leading head's induction score: of the heads that attend by induction at the
 * end (score less control at least .1), the highest whose score rises suddenly by .1 or more, at a rate of false
 * discoveries of 5 % over all heads.
 *
 * @param steps of the checkpoints, rising
 * @param measuredCurves curves as in the Result, axes [layer][head][checkpoint]; `composition` is that of the pair
 * @returns `change` is null where no head changes so: in models that cannot, such as those of one layer, and in runs that
 *   learn smoothly
 * @throws {InputError} as `changeSearch`; "checkpoints" for what are no curves
 */
export function phase(
  steps: readonly number[],
  measuredCurves: PhaseCurves,
  options: PhaseOptions = {},
): PhaseResult {
  if (!Array.isArray(steps) || !Array.isArray(measuredCurves?.induction))
    throw new InputError(
      "checkpoints",
      `phase needs a list of steps and the curves of all heads (\`phaseRun\` measures them), got ${shownValue(steps)}`,
    );
  const { pairOf, compositionOf } = options;
  const { id, warnings, about, level, search } = phasePlan(options);
  const enough = steps.length >= FEWEST_CHECKPOINTS;
  const searched = enough ? changeSearch(steps, search) : null;
  const find = (values: readonly number[]): Finding => findingOf(searched?.(values));
  const changeIn: ChangeIn = (at, values) =>
    at === steps ? find(values).change : findingOf(changeSearch(at, search)(values)).change;
  const heads = headsOf(measuredCurves, find, level);
  const leading = heads.find(({ change }) => change) ?? heads[0] ?? null;
  const best = byInduction(measuredCurves)[0] ?? null;
  const pair = leading && (pairOf?.(leading) ?? byAttention(leading, measuredCurves));
  const composed = pair?.previous && compositionOf?.(pair.previous, pair.induction);
  const curves = composed ? { ...measuredCurves, composition: composed } : measuredCurves;
  const events = eventsOf(curves, pair, leading, find);
  const change = leading?.change ?? null;
  const parts = {
    pair,
    change,
    p: leading ? leading.p : best && find(curveOf(curves.induction, best)).p,
    inductionHeads: heads,
    events,
    order: orderOf(events),
    bump: lossBump(steps, curves, change, changeIn),
  };
  return {
    ...beginResult("induction-lens/phase@1"),
    id,
    model: about.model,
    input: about.input,
    warnings: [...warnings, ...(enough ? [] : [tooFew(steps.length)])],
    steps: [...steps],
    curves,
    ...parts,
    words: phaseWords({ ...parts, curves, steps, best, enough }),
    environment: about.environment,
    timings: about.timings,
  };
}

/** Curves tell which heads attend to the previous token, and not which heads are read. */
function byAttention(induction: PhaseHead, curves: PhaseCurves): PhasePair {
  const candidates = previousBefore(induction.layer, curves).map(({ layer, head, score }) => ({
    layer,
    head,
    previousToken: score,
    composition: null,
    lost: null,
  }));
  return pairWith(induction, candidates);
}

function tooFew(count: number): string {
  const are = count === 1 ? "1 checkpoint is" : `${count} checkpoints are`;
  return `${are} too few to find a change in; ${FEWEST_CHECKPOINTS} are the least`;
}

function findingOf(finding: ChangeFinding | undefined): Finding {
  if (!finding) return { change: null, p: null };
  const { change, p } = finding;
  if (!change) return { change, p };
  const { step, interval, effectSize, width, noise } = change;
  return { p, change: { step, low: interval[0], high: interval[1], effectSize, width, noise } };
}

/** Heads that attend by induction at the end; a change counts if it is up, large, and found over all heads. */
function headsOf(
  curves: PhaseCurves,
  find: (values: readonly number[]) => Finding,
  level: number,
): PhaseResult["inductionHeads"] {
  const all = byInduction(curves);
  const attending = inductionHeads(curves);
  const findings = all.map((head) => find(curveOf(curves.induction, head)));
  const adjusted = falseDiscovery(findings.map(({ p }) => p));
  const layers = curves.induction.length;
  return attending.map((pair) => {
    const index = all.findIndex(({ layer, head }) => layer === pair.layer && head === pair.head);
    const p = adjusted[index]!;
    const { change } = findings[index]!;
    const counts =
      change !== null && p !== null && p <= level && change.effectSize >= INDUCTION_ATTENTION.least;
    return { ...plain(pair, layers), change: counts ? change : null, p };
  });
}

function plain({ layer, head, score, gain }: RankedHead, layers: number) {
  return { layer, head, depth: headDepth(layer, layers), score, gain };
}

function curveOf(curves: PhaseCurves["induction"], { layer, head }: PhaseHead): readonly number[] {
  return curves[layer]![head]!;
}

type Event = PhaseResult["events"][number];

/** The parts of the circuit with their changes; without an induction head only what the whole model does. */
function eventsOf(
  curves: PhaseCurves,
  pair: PhaseResult["pair"],
  leading: Finding | null,
  find: (values: readonly number[]) => Finding,
): Event[] {
  const events: Event[] = [];
  const addEvent = (name: Event["name"], head: PhaseHead | null, finding: Finding) => {
    events.push({ name, head, change: finding.change, p: finding.p });
  };
  if (pair?.previous)
    addEvent("previousToken", pair.previous, find(curveOf(curves.previousToken, pair.previous)));
  if (pair && curves.composition) {
    addEvent("kComposition", pair.induction, find(curves.composition.k));
    addEvent("qComposition", pair.induction, find(curves.composition.q));
  }
  if (pair && leading) addEvent("induction", pair.induction, leading);
  const copying = pair ? curves.copying?.[pair.induction.layer]?.[pair.induction.head] : null;
  if (pair && copying?.every((share) => share !== null))
    addEvent("copying", pair.induction, find(copying));
  if (curves.loss) addEvent("copyGain", null, find(curves.loss.copyGain));
  return events.sort((a, b) => (a.change?.step ?? Infinity) - (b.change?.step ?? Infinity));
}

function orderOf(events: readonly Event[]): PhaseResult["order"] {
  const of = (name: Event["name"]) => events.find((event) => event.name === name)?.change;
  const [previous, induction] = [of("previousToken"), of("induction")];
  if (!previous || !induction) return "none";
  if (previous.high < induction.low) return "previous-token first";
  return induction.high < previous.low ? "induction first" : "not resolved";
}
