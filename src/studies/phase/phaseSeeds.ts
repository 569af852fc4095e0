/** @file `phase --seeds`: several runs of one recipe compared. */
import { InputError } from "../../base/errors.ts";
import { shownValue } from "../../base/faultSentences.ts";
import { CLAIMED_DEPTHS } from "../../measure/headDepth.ts";
import { beginResult } from "../../results/beginResult.ts";
import type { PhaseResult } from "./result.ts";
import type { MECHANISMS, PhaseSeedsResult } from "./resultSeeds.ts";

/** What is expected of small language models, by what a run says of itself. */
const EXPECTATIONS: readonly {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  readonly of: (run: PhaseResult) => number | null;
}[] = [
  {
    what: "the change at 2,000 to 5,000 steps",
    low: 2000,
    high: 5000,
    of: ({ change }) => change && change.step,
  },
  {
    what: "the leading head at depth L/2 to 3L/4",
    ...CLAIMED_DEPTHS,
    of: depthOf,
  },
];

/**
 * How stable time, place and mechanism of the phase change are over runs that differ in their seed.
 *
 * @param runs at least two Results of `phase`
 * @returns means and spread over runs with a change; depth is layer / layers; mechanism is the route through which the
 *   leading head reads the previous-token head at the end, by the weights
 * @throws {InputError} "range" for fewer than two runs
 */
export function phaseSeeds(runs: readonly PhaseResult[]): PhaseSeedsResult {
  if (!Array.isArray(runs))
    throw new InputError(
      "result",
      `phaseSeeds needs a list of Results of \`phase\`, got ${shownValue(runs)}`,
    );
  if (runs.length < 2)
    throw new InputError("range", `seeds are compared from two runs on, got ${runs.length}`);
  const changed = runs.filter(({ change }) => change !== null);
  const places = changed.map(({ change }) => Math.log10(change!.step));
  const inDecades = spreadOf(places);
  const steps = inDecades && {
    middle: 10 ** inDecades.middle,
    least: 10 ** inDecades.least,
    most: 10 ** inDecades.most,
    deviation: inDecades.deviation,
  };
  const mechanisms = runs.map(mechanismOf);
  const orders: Record<string, number> = {};
  for (const { order } of runs) orders[order] = (orders[order] ?? 0) + 1;
  const parts = {
    runs: [...runs],
    found: changed.length,
    steps,
    depth: spreadOf(changed.map((run) => depthOf(run)!)),
    mechanisms,
    orders,
    expectations: EXPECTATIONS.map(({ what, low, high, of }) => ({
      what,
      low,
      high,
      runs: changed.filter((run) => low <= of(run)! && of(run)! <= high).length,
      of: changed.length,
    })),
  };
  return {
    ...beginResult("induction-lens/phase-seeds@1"),
    warnings: differences(runs),
    ...parts,
    words: wordsOf(parts),
  };
}

function depthOf({ pair, inductionHeads }: PhaseResult): number | null {
  const head = inductionHeads.find(
    (other) => other.layer === pair?.induction.layer && other.head === pair.induction.head,
  );
  return head?.depth ?? null;
}

/** Composition counts from this many times what random heads have. */
const ABOVE_RANDOM = 1.5;

function mechanismOf({ curves: { composition } }: PhaseResult): (typeof MECHANISMS)[number] {
  if (!composition) return "not seen";
  const [k, q] = [composition.k.at(-1)!, composition.q.at(-1)!];
  if (Math.max(k, q) < ABOVE_RANDOM * composition.baseline) return "not seen";
  return k >= q ? "k" : "q";
}

function spreadOf(values: readonly number[]) {
  if (values.length === 0) return null;
  const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return {
    middle,
    least: Math.min(...values),
    most: Math.max(...values),
    deviation: Math.sqrt(squares / Math.max(1, values.length - 1)),
  };
}

/** Runs that do not repeat each other are compared too, with a warning. */
function differences(runs: readonly PhaseResult[]): string[] {
  const shapeOf = ({ curves: { induction }, model }: PhaseResult) =>
    `${model?.family ?? "?"} of ${induction.length} layers x ${induction[0]?.length ?? 0} heads`;
  const shapes = [...new Set(runs.map(shapeOf))];
  const steps = [...new Set(runs.map((run) => run.steps.join()))];
  return [
    ...(shapes.length > 1 ? [`the runs are not of one shape: ${shapes.join(", ")}`] : []),
    ...(steps.length > 1 ? ["the runs have checkpoints of different steps"] : []),
  ];
}

type Parts = Omit<PhaseSeedsResult, "schema" | "version" | "warnings" | "words">;

function wordsOf({
  runs,
  found: changeCount,
  steps,
  depth,
  mechanisms,
  orders,
  expectations,
}: Parts): string[] {
  const first = `${changeCount} of ${runs.length} runs have a phase change`;
  if (!steps || !depth) return [`${first}: none.`];
  const whole = (step: number) => Math.round(step).toLocaleString("en-GB");
  const { length: byKeys } = mechanisms.filter((mechanism) => mechanism === "k");
  const { length: byQueries } = mechanisms.filter((mechanism) => mechanism === "q");
  const ordered = Object.entries(orders).map(([order, count]) => `${order} ${count}`);
  return [
    `${first}, at step ${whole(steps.middle)} (from ${whole(steps.least)} to ${whole(steps.most)}; standard deviation ${steps.deviation.toFixed(2)} decades).`,
    `The leading head is at depth ${depth.middle.toFixed(2)} (from ${depth.least.toFixed(2)} to ${depth.most.toFixed(2)}; layer / layers).`,
    `Mechanism by the weights: K-composition in ${byKeys}, Q-composition in ${byQueries}, neither in ${runs.length - byKeys - byQueries} of ${runs.length} runs.`,
    `Order of previous-token and induction head, in runs: ${ordered.join(", ")}.`,
    ...expectations.map(
      ({ what, runs: count, of }) => `Expected of small models: ${what}. Here ${count} of ${of}.`,
    ),
  ];
}
