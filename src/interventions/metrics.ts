/** @file What a causal study reads at the end of a run: one number per row, reduced inside the graph. */
import { builder, type Builder, type Name } from "../graph/builder.ts";
import { narrow } from "../graph/edits/narrow.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Program } from "../graph/program.ts";
import { anatomy } from "../models/anatomy/anatomy.ts";
import { isMissing, requirePart, type ProgramAnatomy } from "../models/anatomy/programAnatomy.ts";
import type { Model } from "../models/family.ts";
import type { MetricName } from "../results/causalNames.ts";

/** Inputs that metrics add to a program. */
export const METRIC_INPUTS = {
  /** [batch, position]: the token that each position should predict. */
  targets: "targets",
  /** [batch, position]: the token to compare it with. */
  others: "others",
  /** Positions at which the metric is read. */
  positions: "metric_positions",
} as const;

/** Metrics, and what others are made from outside the graph: the loss and the centred logit of each token. */
export type TailName = MetricName | "token-loss" | "token-centred-logit";

/** The value of a metric: [batch], for KL [batch, position, d_vocab], for those of tokens [batch, position]. */
export function metricValue(name: TailName): string {
  return `metric.${name}`;
}

/** What metrics are made from; each is written at most once. */
interface Parts {
  readonly b: Builder;
  readonly target: () => Name;
  readonly other: () => Name;
  /** The mean over the vocabulary of each position's logits. */
  readonly average: () => Name;
  readonly logProbability: () => Name;
}

const negative = (b: Builder, x: Name, as?: Name) =>
  b.op("sub", [b.constant("nothing", {}, [0]), x], {}, as);
const perRow = (b: Builder, x: Name, as: Name) => b.op("mean", [x], { axes: ["position"] }, as);

/** Each takes the parts and names its value. */
const WRITERS: Readonly<Record<TailName, (parts: Parts, as: Name) => Name>> = {
  "log-probability": ({ b, logProbability }, as) => perRow(b, logProbability(), as),
  loss: ({ b, logProbability }, as) => perRow(b, negative(b, logProbability()), as),
  "token-loss": ({ b, logProbability }, as) => negative(b, logProbability(), as),
  probability: ({ b, logProbability }, as) => perRow(b, b.op("exp", [logProbability()], {}), as),
  "centred-logit": ({ b, target, average }, as) =>
    perRow(b, b.op("sub", [target(), average()], {}), as),
  "token-centred-logit": ({ b, target, average }, as) => b.op("sub", [target(), average()], {}, as),
  "logit-difference": ({ b, target, other }, as) =>
    perRow(b, b.op("sub", [target(), other()], {}), as),
  kl: ({ b }, as) =>
    b.op("sub", ["logits", b.op("logSumExp", ["logits"], { axis: "d_vocab" })], {}, as),
};

/**
 * The end of a forward pass with `metrics` in place of the logits, started from the values `from`, at the positions
 * that a run asks for only.
 *
 * @throws {InputError} "study" for a model without logits
 */
export function metricTail(
  { program, architecture }: Pick<Model, "program" | "architecture">,
  { metrics, from }: { readonly metrics: readonly TailName[]; readonly from: readonly string[] },
): Program {
  const { vocabulary } = architecture;
  const parts = { vocabulary, anatomy: anatomy(program, architecture) };
  const measuring = withMetrics(program, parts, metrics);
  const narrowed = atPositions(slice(measuring, { outputs: measuring.outputs, from }), metrics);
  // Every run of a sweep multiplies these weights, so they are worth repacking.
  return { ...narrowed, weights: narrowed.weights.map(({ rare: _, ...weight }) => weight) };
}

/** What a program with metrics needs to know of its model. */
export interface MetricParts {
  readonly vocabulary: number;
  /** Of the model before any edit. */
  readonly anatomy: ProgramAnatomy;
}

/** A program with `metrics` as its outputs. */
export function withMetrics(
  program: Program,
  { vocabulary, anatomy }: MetricParts,
  metrics: readonly TailName[],
): Program {
  requirePart(anatomy.logits);
  const b = builder(program);
  const ids = (name: string) =>
    b.input(name, "int32", { batch: "batch", position: "position" }, { below: vocabulary });
  const { picked, average } = logitsOf(b, anatomy.end, metrics);
  const target = once(() => picked(ids(METRIC_INPUTS.targets)));
  const parts = {
    b,
    target,
    other: once(() => picked(ids(METRIC_INPUTS.others))),
    average: once(average),
    logProbability: once(() =>
      b.op("sub", [target(), b.op("logSumExp", ["logits"], { axis: "d_vocab" })], {}),
    ),
  };
  const outputs = metrics.map((name) => WRITERS[name](parts, metricValue(name)));
  return b.program(outputs, program.limits);
}

/** Metrics that read a few logits and no probability. */
const FEW_LOGITS: readonly TailName[] = ["centred-logit", "logit-difference"];

/**
 * Logits of given tokens, and their mean. Where no metric needs a probability, each is a product with one row of the
 * unembedding, and the mean one with its mean row: the product with the whole vocabulary is the largest of all.
 */
function logitsOf(b: Builder, end: ProgramAnatomy["end"], metrics: readonly TailName[]) {
  const unembedding = isMissing(end) ? null : end.unembedding;
  const byToken =
    unembedding?.softcap === null && b.typeOf(unembedding.weight).axes[0]!.name === "d_vocab";
  if (!byToken || !metrics.every((name) => FEW_LOGITS.includes(name)))
    return {
      picked: (ids: Name) => b.op("pick", ["logits", ids], {}),
      average: () => b.op("mean", ["logits"], { axes: ["d_vocab"] }),
    };
  const { input: x, weight, bias, scale } = unembedding;
  const plus = (product: Name, more: (bias: Name) => Name) => {
    const value =
      scale === 1 ? product : b.mul(product, b.constant(`number ${scale}`, {}, [scale]));
    return bias === null ? value : b.add(value, more(bias));
  };
  return {
    picked: (ids: Name) => {
      const product = b.mul(x, b.gather(weight, ids));
      return plus(b.op("sum", [product], { axes: ["d_model"] }), (all) => b.gather(all, ids));
    },
    average: () => {
      const row = b.op("mean", [weight], { axes: ["d_vocab"] });
      const product = b.contract(x, row, ["batch", "position"]);
      return plus(product, (all) => b.op("mean", [all], { axes: ["d_vocab"] }));
    },
  };
}

/** What only the metrics need, computed at the positions that a run asks for. */
export function atPositions(program: Program, metrics: readonly TailName[]): Program {
  const outputs = metrics.map(metricValue);
  return narrow(program, { outputs, axis: "position", rows: METRIC_INPUTS.positions });
}

function once(make: () => Name): () => Name {
  let name: Name | null = null;
  return () => (name ??= make());
}
