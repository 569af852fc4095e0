/** @file The verdict on the open model: it belongs to the engine and not to a view, so it goes on wherever the reader looks. */
import { useEffect, useState } from "preact/hooks";
import type { VerdictResult } from "induction-lens/browser";
import { useAtStake } from "./atStake.ts";
import type { ModelState } from "./model.ts";
import { SHARED, STORED } from "./storedResults.ts";
import { useAnswer, type Step } from "./answer.ts";

export interface VerdictRun {
  readonly verdict: VerdictResult | null;
  /** While it is made: what attention decides; null before that is measured. */
  readonly soFar: VerdictResult | null;
  readonly busy: boolean;
  readonly step: Step | null;
  readonly error: string | null;
  readonly ask: () => void;
  readonly stop: () => void;
}

interface TimedVerdict {
  readonly verdict: VerdictResult;
  readonly milliseconds: number;
}

/**
 * Verdicts by the hash of the weights: those that the command line made of the model that the page starts with and of the one
 * that was shared, and those of this visit, which are there when the reader comes back to the model.
 */
const verdictsByModel = new Map<string, TimedVerdict>(
  [STORED, SHARED].flatMap((stored) =>
    stored ? [[stored.verdict.model.sha256, { verdict: stored.verdict, milliseconds: 0 }]] : [],
  ),
);

/** What a verdict does, in this order, as the engine and as the page calls it. */
const STEPS: readonly (readonly [name: string, words: string])[] = [
  ["attention", "reading attention"],
  ["restoring and ablating", "cutting and restoring heads"],
  ["looking for upstream heads", "looking for the heads that they read"],
  ["measuring upstream heads", "measuring the paths between them"],
  ["composing heads", "comparing their weights"],
];

/** `Step 2 of 5: cutting and restoring heads, about 8 min left of it` */
export function verdictStepWords(step: Step | null): string {
  const at = STEPS.findIndex(([name]) => name === step?.name);
  if (!step || at < 0) return step?.words ?? "Beginning";
  const left = step.left && `, ${step.left} of it`;
  return `Step ${at + 1} of ${STEPS.length}: ${STEPS[at]![1]}${left}`;
}

/** A verdict that took as long as this is not lost without asking. */
const COSTLY_MS = 10_000;

/**
 * @param running the model of the page's state that a verdict was asked for; null: none
 * @param run says of which one it is asked for now
 */
export function useVerdict(
  { name, engine, facts, score, live }: ModelState,
  running: string | null,
  run: (name: string | null) => void,
): VerdictRun {
  const [began, begin] = useState(0);
  const [failed, fail] = useState<{ readonly name: string; readonly words: string } | null>(null);
  const weights = facts?.sha256 ?? score?.model.sha256;
  const stored = weights === undefined ? undefined : verdictsByModel.get(weights);
  const isWanted = live && !stored && running === name;
  const { answer, soFar, error, step } = useAnswer(engine, "verdict", isWanted ? {} : null);
  const fresh = answer && facts;
  useEffect(() => {
    if (fresh)
      verdictsByModel.set(facts.sha256, {
        verdict: answer,
        milliseconds: performance.now() - began,
      });
    if (error !== null) fail({ name, words: error });
    if (fresh || error !== null) run(null);
  }, [answer, error]);
  const costly = [...verdictsByModel.values()].some(
    ({ milliseconds }) => milliseconds >= COSTLY_MS,
  );
  useAtStake("a verdict", costly || running !== null);
  return {
    verdict: stored?.verdict ?? answer,
    soFar,
    busy: running === name && answer === null,
    step,
    error: failed?.name === name ? failed.words : null,
    ask: () => {
      fail(null);
      begin(performance.now());
      run(name);
    },
    stop: () => run(null),
  };
}
