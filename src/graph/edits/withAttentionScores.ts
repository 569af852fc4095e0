import { shapeOf, tensor, type Tensor, type TensorData } from "../../base/tensor.ts";
import { builder } from "../builder.ts";
import type { Program } from "../program.ts";

/** What `withAttentionScores` adds to a program. */
export const ATTENTION_SCORE_VALUES = {
  /** Input [entry], int32: query x length + key of each entry that some weight table has. */
  places: "attention_places",
  /** Input [measure, entry]: the weight that each table gives it. */
  weights: "attention_weights",
  /** [batch, measure, head] */
  scores: (layer: number) => `blocks.${layer}.attn.scores`,
} as const;

/**
 * Reduce attention to scores inside the graph: scores[batch, measure, head] = sum over (query, key) of table x pattern, for each
 * layer. The scores are outputs beside the program's own; patterns never leave it.
 *
 * Tables are mostly empty: five scores read 5 S of the T x T entries of a pattern, S tokens in a copy. Only those are
 * gathered and multiplied; `attentionTableFeeds` says of tables which they are.
 *
 * @param measures rows of the weight tables
 */
export function withAttentionScores(
  program: Program,
  { layers, measures }: { readonly layers: number; readonly measures: number },
): Program {
  const { places, weights, scores } = ATTENTION_SCORE_VALUES;
  const b = builder(program);
  b.input(places, "int32", { entry: "entry" });
  b.input(weights, "float32", { measure: measures, entry: "entry" });
  const outputs = Array.from({ length: layers }, (_, layer) => {
    const merged = { axis: "entry", merge: ["query", "key"] };
    const read = b.op("take", [`blocks.${layer}.attn.hook_pattern`, places], merged);
    return b.contract(read, weights, ["batch", "measure", "head"], { as: scores(layer) });
  });
  return b.program([...program.outputs, ...outputs], program.limits);
}

/**
 * What `withAttentionScores`' inputs are fed for weight tables: the entries that are not 0 in all of them, in row order.
 *
 * @param tables weights, axes [measure, query, key], as many queries and keys as the rows have tokens
 * @throws {InputError} "shape" for other axes
 */
export function attentionTableFeeds(tables: Tensor): [string, Tensor<TensorData>][] {
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
    [ATTENTION_SCORE_VALUES.places, tensor(["entry"], [count], Int32Array.from(places))],
    [
      ATTENTION_SCORE_VALUES.weights,
      tensor(["measure", "entry"], [measures, count], Float32Array.from(weights)),
    ],
  ];
}
