import { shapeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { builder } from "../builder.ts";
import type { Program } from "../program.ts";

/** Whose patterns are scored: those of a stack, or of its attention to another one. */
export interface ScoredPart {
  /** Before the names of the stack's values: nothing, `encoder.`... */
  readonly prefix: string;
  readonly attention: "attn" | "cross_attn";
  /** Tells what is read of one pattern from what else is; nothing where it is read once. */
  readonly reading?: string | undefined;
}

const WHOLE: ScoredPart = { prefix: "", attention: "attn" };

/** What `withAttentionScores` adds to a program. */
export const attentionScoreValues = ({ prefix, attention, reading = "" }: ScoredPart) => {
  const of = attention === "attn" ? "attention" : "cross_attention";
  const last = reading === "" ? "" : `.${reading}`;
  return {
    /** Input [entry], int32: query x keys + key of each entry that some weight table has. */
    places: `${prefix}${of}_places${last}`,
    /** Input [measure, entry]: the weight that each table gives it. */
    weights: `${prefix}${of}_weights${last}`,
    /** [batch, measure, head] */
    scores: (layer: number) => `${prefix}blocks.${layer}.${attention}.scores${last}`,
  };
};

/** The same for a model of one stack. */
export const ATTENTION_SCORE_VALUES = attentionScoreValues(WHOLE);

/**
 * Reduce attention to scores inside the graph: scores[batch, measure, head] = sum over (query, key) of table x pattern, for each
 * layer. The scores are outputs beside the program's own; patterns never leave it.
 *
 * Tables are mostly empty: five scores read 5 S of the T x T entries of a pattern, S tokens in a copy. Only those are
 * gathered and multiplied; `attentionTableFeeds` says of tables which they are.
 *
 * @param measures rows of the weight tables
 * @param part whose patterns; left out: those of a model of one stack
 */
export function withAttentionScores(
  program: Program,
  {
    layers,
    measures,
    part = WHOLE,
  }: {
    readonly layers: number;
    readonly measures: number;
    readonly part?: ScoredPart | undefined;
  },
): Program {
  const { places, weights, scores } = attentionScoreValues(part);
  const b = builder(program);
  const entry = part === WHOLE ? "entry" : `entry of ${places}`;
  b.input(places, "int32", { entry });
  b.input(weights, "float32", { measure: measures, entry });
  const outputs = Array.from({ length: layers }, (_, layer) => {
    const merged = { axis: "entry", merge: ["query", "key"] };
    const read = b.op(
      "take",
      [`${part.prefix}blocks.${layer}.${part.attention}.hook_pattern`, places],
      merged,
    );
    return b.contract(read, weights, ["batch", "measure", "head"], { as: scores(layer) });
  });
  return b.program([...program.outputs, ...outputs], program.limits);
}

/**
 * What `withAttentionScores`' inputs are fed for weight tables: the entries that are not 0 in all of them, in row order.
 *
 * @param tables weights, axes [measure, query, key], as many queries and keys as the patterns have
 * @param part whose patterns; left out: those of a model of one stack
 * @throws {InputError} "shape" for other axes
 */
export function attentionTableFeeds(
  tables: Tensor,
  part: ScoredPart = WHOLE,
): [string, Tensor<TensorData>][] {
  const names = attentionScoreValues(part);
  const [measures, queries, keys] = shapeOf(tables, ["measure", "query", "key"]);
  const area = queries * keys;
  const measured = Array.from({ length: measures }, (_, measure) => measure * area);
  const places: number[] = [];
  for (let place = 0; place < area; place++)
    if (measured.some((first) => tables.data[first + place] !== 0)) places.push(place);
  if (places.length === 0) places.push(0); // an engine refuses a product without entries
  const weights = measured.flatMap((first) => places.map((place) => tables.data[first + place]!));
  const count = places.length;
  return [
    [names.places, tensor(["entry"], [count], Int32Array.from(places))],
    [names.weights, tensor(["measure", "entry"], [measures, count], Float32Array.from(weights))],
  ];
}
