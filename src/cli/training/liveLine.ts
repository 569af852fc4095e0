/** @file How a run goes, on standard error: one line that changes on a terminal, plain lines now and then elsewhere. */
import type { TrainingScores } from "../../training/trainingScores.ts";
import type { TrainingStep } from "../../training/train.ts";

const EVERY_MS = { terminal: 200, lines: 5000 };

/** Tells of steps as they come; `end` leaves the last line standing. */
export function liveLine(
  stream: NodeJS.WriteStream,
  {
    steps,
    quiet,
    crosses,
  }: { readonly steps: number; readonly quiet: boolean; readonly crosses: boolean },
) {
  const began = performance.now();
  let [first, shownAt]: [number | null, number] = [null, -Infinity];
  let scores: TrainingScores | null = null;
  let last = "";
  const every = stream.isTTY ? EVERY_MS.terminal : EVERY_MS.lines;
  return {
    tell(step: TrainingStep): void {
      first ??= step.step;
      scores = step.scores ?? scores;
      const now = performance.now();
      if (quiet || (now - shownAt < every && step.step !== steps)) return;
      shownAt = now;
      const line = lineOf(step, scores, {
        steps,
        crosses,
        perStepMs: (now - began) / (step.step - first),
      });
      stream.write(
        stream.isTTY
          ? `\r${line}${" ".repeat(Math.max(0, last.length - line.length))}`
          : `${line}\n`,
      );
      last = line;
    },
    end(): void {
      if (!quiet && stream.isTTY && last !== "") stream.write("\n");
    },
  };
}

function lineOf(
  { step, loss, validationLoss }: TrainingStep,
  scores: TrainingScores | null,
  {
    steps,
    perStepMs,
    crosses,
  }: { readonly steps: number; readonly perStepMs: number; readonly crosses: boolean },
): string {
  const parts = [
    `step ${step} of ${steps}`,
    ...(loss === null ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(validationLoss === null ? [] : [`held out ${validationLoss.toFixed(3)}`]),
    ...(scores ? scoreWords(scores, crosses) : []),
    ...(Number.isFinite(perStepMs)
      ? [
          `${perStepMs.toFixed(perStepMs < 10 ? 1 : 0)} ms a step`,
          `${timeLeft((steps - step) * perStepMs)} left`,
        ]
      : []),
  ];
  return parts.join(" | ");
}

function scoreWords({ copyGain, best, strategies }: TrainingScores, crosses: boolean): string[] {
  const head = ({ layer, head: index, score }: TrainingScores["best"]["induction"]) =>
    `${layer}.${index} ${score.toFixed(2)}`;
  return [
    `copy gain ${copyGain.toFixed(2)}`,
    `${crosses ? "alignment" : "induction"} ${head(best.induction)}`,
    `previous token ${head(best.previousToken)}`,
    ...(strategies === null
      ? []
      : [`${strategies.follows} ${strategies.divergence[strategies.follows].toFixed(3)}`]),
  ];
}

/** `2:05`, or seconds under a minute. */
export function timeLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
