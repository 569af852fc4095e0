/** @file The report of the induction-head detector as plain text. */
import type { DetectorHead, DetectorResult } from "./result.ts";
import { paddedHeadName, scoreLine } from "../../draw/asciiPlots.ts";
import { visible } from "../../draw/visible.ts";

export interface DetectorTextOptions {
  /** Also the metrics of every listed head, and what the original's code would say. Default false. */
  readonly detailed?: boolean | undefined;
  /** Heads in the list. Default 5. */
  readonly count?: number | undefined;
}

/** Model, input, thresholds with what each finds, top heads as bars, and what the numbers do not show. */
export function detectorText(result: DetectorResult, options: DetectorTextOptions = {}): string {
  const { detailed = false, count = 5 } = options;
  const { model, input, ceiling, threshold, detected } = result;
  const top = result.heads.toSorted((head, other) => other.overall - head.overall).slice(0, count);
  const title = "INDUCTION HEAD ANALYSIS REPORT";
  const lines = [
    title,
    "=".repeat(title.length),
    "",
    "Model Info:",
    `  model: ${visible(model.id)}`,
    `  n_layers: ${model.layers}`,
    `  n_heads: ${model.heads}`,
    "",
    "Input:",
    `  ${input.kind}, ${input.examples} x ${input.length} tokens, period ${input.period}, BOS ${input.bos ? "on" : "off"}, seed ${input.seed}`,
    "",
    "Detection Summary:",
    `  Threshold: ${threshold.toFixed(2)}`,
    `  Heads detected: ${detected.length}${detected.length > 0 ? ` (${detected.map(paddedHeadName).join(", ")})` : ""}`,
    ...thresholdLines(result).map((line) => `  ${line}`),
    "",
    "Top Heads by Score:",
    ...top.map((head) => `  ${scoreLine(head)}`),
    `  ceiling ${ceiling.overall.toFixed(3)}, uniform attention ${result.null.overall.toFixed(3)}`,
    ...(detailed ? detailLines(top) : []),
    "",
    result.verdictInWords,
    ...result.warnings.map((warning) => `warning: ${visible(warning)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function thresholdLines({ thresholds }: DetectorResult): string[] {
  const { fixed, fromNull, byGap } = thresholds;
  const headCount = (heads: number) => `${heads} head${heads === 1 ? "" : "s"}`;
  return [
    `fixed at ${fixed.threshold.toFixed(2)}: ${headCount(fixed.heads)}`,
    fromNull === null
      ? "from the null: no control run on this input"
      : `from the null at ${fromNull.threshold.toFixed(3)} (${fromNull.mean.toFixed(3)} + 3 x ${fromNull.deviation.toFixed(3)}): ${headCount(fromNull.heads)}`,
    byGap === null
      ? "by the largest gap: no head above .1"
      : `by the largest gap at ${byGap.threshold.toFixed(3)} (${byGap.size.toFixed(3)} wide): ${headCount(byGap.heads)}`,
  ];
}

function detailLines(top: readonly DetectorHead[]): string[] {
  return [
    "",
    "Details:",
    ...top.flatMap((head) => [
      `  ${paddedHeadName(head)}`,
      `    induction ${head.induction.toFixed(3)}, prefix matching ${head.prefixMatching.toFixed(3)}, copying ${head.copying.toFixed(3)}`,
      `    induction stripe ${head.inductionStripe.toFixed(3)}, diagonal ${head.diagonal.toFixed(3)}${intervalOf(head)}`,
      `    overall as the original computes it, one token late: ${head.legacy.overall.toFixed(3)}`,
    ]),
  ];
}

function intervalOf({ interval }: DetectorHead): string {
  if (interval === null) return "";
  return `, 95 % interval of overall [${interval.map((end) => end.toFixed(3)).join(", ")}]`;
}
