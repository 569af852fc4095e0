/** @file From losses with and without each head, per sequence, to the Result of `ablateStacks`. */
import type { Backend } from "../../base/backend.ts";
import { headName } from "../../base/headName.ts";
import type { StackRows } from "../../inputs/stackRows.ts";
import { meanInterval } from "../../measure/interval.ts";
import { mean } from "../../measure/mean.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";
import { beginResult } from "../../results/beginResult.ts";
import { footerOf, headerOf, tooFewWarning } from "../common/about.ts";
import type { AblationTask } from "./ablationTask.ts";
import { copyLossOf } from "./buildResult.ts";
import type { CopyLosses } from "./copyLosses.ts";
import type { ScoredStack } from "./parts.ts";
import type { StackAblationResult } from "./resultAblate.ts";

/** Losses by [layer][head], each with one number for each example. */
export interface AblatedPart extends ScoredStack {
  /** Where the encoder reads the tokens to write, without the head. */
  readonly harmed: readonly (readonly Float64Array[])[];
  /** Where it reads others, with the head's output of the copy. */
  readonly restored: readonly (readonly Float64Array[])[];
}

interface MeasuredAblation {
  readonly losses: CopyLosses;
  readonly parts: readonly AblatedPart[];
}

export function ablationResultOf(
  model: LoadedModel,
  backend: Backend,
  request: {
    readonly rows: StackRows;
    readonly task: Pick<AblationTask, "name" | "words">;
    readonly kind: "mean" | "zero";
    readonly topHeads: number;
  },
  { losses, parts: measured }: MeasuredAblation,
  timings: Record<string, number>,
): StackAblationResult {
  const { rows, task, kind, topHeads } = request;
  const parts = measured.map((part) => partOf(part, losses));
  const ranked = rankedHeads(parts);
  const loss = copyLossOf(losses);
  return {
    ...beginResult("induction-lens/ablate-stacks@1"),
    ...headerOf(model, rows.info, [...rows.warnings, ...tooFewWarning(rows.info.examples)]),
    kind,
    task: task.name,
    rows: task.words,
    loss,
    parts,
    top: ranked.slice(0, topHeads),
    verdictInWords: wordsOf(task.name, parts, ranked, loss),
    ...footerOf(backend, timings),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  ...{ encoder: "encoder attention", decoder: "decoder attention to what is before" },
  ...{ vision: "attention of the images' tower", "": "attention" },
};

function partOf(
  { stack, scored, direction, harmed, restored }: AblatedPart,
  { copied, other }: CopyLosses,
): StackAblationResult["parts"][number] {
  const isCross = direction === "across";
  const harms = harmed.map((heads) => heads.map((losses) => minus(losses, copied)));
  const gains = restored.map((heads) => heads.map((losses) => minus(other, losses)));
  const means = (all: readonly (readonly Float64Array[])[]) => all.map((heads) => heads.map(mean));
  const intervals = (all: readonly (readonly Float64Array[])[]) =>
    all.map((heads) => heads.map((values) => meanInterval(values)));
  return {
    part: isCross ? "cross-attention" : WORDS[stack]!,
    stack,
    attention: isCross ? "cross" : "self",
    values: `${scored.prefix}blocks.L.${scored.attention}.hook_z`,
    harm: means(harms),
    harmIntervals: intervals(harms),
    restored: means(gains),
    restoredIntervals: intervals(gains),
  };
}

function minus(first: Float64Array, other: Float64Array): Float64Array {
  return first.map((value, at) => value - other[at]!);
}

/** All heads, the most harmful to lose first; of equal ones the earlier first. */
function rankedHeads(parts: StackAblationResult["parts"]): StackAblationResult["top"] {
  return parts
    .flatMap(({ harm, harmIntervals, restored }, part) =>
      harm.flatMap((heads, layer) =>
        heads.map((value, head) => {
          const [low, high] = harmIntervals[layer]![head] ?? [null, null];
          return { part, layer, head, harm: value, low, high, restored: restored[layer]![head]! };
        }),
      ),
    )
    .sort((a, b) => b.harm - a.harm || a.part - b.part || a.layer - b.layer || a.head - b.head);
}

/** Under this a model does not copy, and its heads have nothing to harm. */
const LEAST_GAIN = 0.1;

/** What each task's sentences say. */
const TASKS = {
  copy: {
    no: "The model does not copy what its encoder reads",
    needs: "The copy",
    ownRows: "where the encoder reads the tokens to write",
    otherRows: "where it reads others",
    unit: "nats",
  },
  masked: {
    no: "The model does not fill masked tokens from their other copy",
    needs: "Filling masked tokens from their other copy",
    ownRows: "where the first copy has the masked tokens",
    otherRows: "where it is another",
    unit: "nats",
  },
  class: {
    no: "The class that the model says is much the same for other images",
    needs: "The class that the model says",
    ownRows: "for the image",
    otherRows: "for another",
    unit: "nats",
  },
  embedding: {
    no: "The image's embedding is much the same for other images",
    needs: "The image's embedding",
    ownRows: "for the image",
    otherRows: "for another",
    unit: null, // 1 - cosine similarity
  },
} as const;

function wordsOf(
  task: AblationTask["name"],
  parts: StackAblationResult["parts"],
  [best]: StackAblationResult["top"],
  { copied, other, gain }: StackAblationResult["loss"],
): string {
  const { no, needs, ownRows, otherRows, unit } = TASKS[task];
  const amount = (value: number) => [value.toFixed(3), unit].filter(Boolean).join(" ");
  const loss = unit === null ? "loss, as 1 - cosine similarity:" : "loss";
  const sizes = `${loss} ${amount(copied.mean)} ${ownRows}, ${amount(other.mean)} ${otherRows}`;
  if (!best || gain.mean < LEAST_GAIN)
    return `${no} (${sizes}), so no head has much to do with it.`;
  const name = `${parts[best.part]!.part} ${headName(best)}`;
  return `${needs} needs ${name} the most: without it the loss rises by ${amount(best.harm)}, and it alone restores ${best.restored.toFixed(3)} of ${amount(gain.mean)} (${sizes}).`;
}
