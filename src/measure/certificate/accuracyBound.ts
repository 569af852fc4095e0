/**
 * @file Where the model surely predicts the target: logits as sums over paths, each at its worst.
 *
 * logit(t) - logit(w) is what the query's own embedding says, plus what the first layer may write there, plus what each head of
 * the second layer carries: of a head with a proved share A of attention on its target at least the less of
 * A target + (1 - A) others and target; of any other head the least that any key gives. A final norm divides all of it by
 * a positive number, which does not change the order, but for biases of the norm and of the unembedding: those are added to the
 * least that the rest can be after the norm.
 */
import { ballsOf, product, sum, type Balls } from "./balls.ts";
import type { Grounds, QueryCase } from "./attentionBound.ts";
import { tokensAt, type HeadNumbers, type NormNumbers } from "./certifiedModel.ts";
import { down, exactly, root, up, type Enclosure } from "./enclosure.ts";
import { centreRows, constantOf, applyGain, withBias, writeRow } from "./firstLayer.ts";
import { widest } from "./secondLayer.ts";

export interface AccuracyReader {
  /**
   * [token]: whether the model surely predicts this token, wherever it is the target.
   *
   * @param attention by head of the second layer, where something is proved: [token], the least attention to the target
   */
  predicted(query: QueryCase, attention: ReadonlyMap<number, Float64Array>): boolean[];
}

/** Least differences of logits: [target token, token of the vocabulary]. */
type Differences = Float64Array;

interface HeadPaths {
  readonly target: Differences;
  readonly others: Differences;
  readonly fixed: Balls;
}

export function accuracyReader(grounds: Grounds): AccuracyReader {
  const { model, first } = grounds;
  const toLogits = (rows: Balls) =>
    product(applyGain(centreRows(rows, model.finalNorm), model.finalNorm), model.unembedding);
  const own = toLogits(first.stream);
  const perHead = first.heads.map(({ writes }) => leastOver(grounds, toLogits(writes)));
  const { columns } = first.stream;
  const constant = toLogits(
    sum(constantOf(model.layers[0], columns), constantOf(model.layers[1], columns)),
  );
  const keyScale = grounds.scales ? widest(grounds.scales, reachableIn(grounds)) : exactly(1);
  const heads = model.layers[1].heads.map((head) => headPaths(grounds, head, keyScale, toLogits));
  const biases = biasesOf(grounds, keyScale);
  const { outputs } = model;
  return {
    predicted: ({ token, position }, attention) =>
      outputs.map((output, target) => {
        if (target >= grounds.family.tokens || target === token) return false;
        const row = writeRow(first, token, position);
        for (let other = 0; other < model.unembedding.columns; other++) {
          if (other === output) continue;
          let least = down(
            leastDifference(own, row, output, other) + leastDifference(constant, 0, output, other),
          );
          const at = target * model.unembedding.columns + other;
          for (const table of perHead) least = down(least + table[at]!);
          heads.forEach((paths, head) => {
            const share = attention.get(head)?.[target] ?? 0;
            least = down(least + leastOfHead(paths, at, share));
            least = down(least + leastDifference(paths.fixed, 0, output, other));
          });
          if (!(afterNorm(least, biases, output, other) > 0)) return false;
        }
        return true;
      }),
  };
}

/** Least of A target + (1 - A) others for A from `share` to 1. */
function leastOfHead({ target, others }: HeadPaths, at: number, share: number): number {
  const [own, there] = [target[at]!, others[at]!];
  const size = (Math.abs(own) + Math.abs(there)) * 2 ** -50;
  return Math.min(own, down(share * own + (1 - share) * there - size));
}

function leastDifference({ columns, mid, rad }: Balls, row: number, column: number, other: number) {
  const [a, b] = [row * columns + column, row * columns + other];
  return down(down(mid[a]! - mid[b]!) - up(rad[a]! + rad[b]!));
}

/** The least difference over all states that may be attended to, for each target and each other token. */
function leastOver(
  grounds: Grounds,
  table: Balls,
  keep: (token: number, target: number) => boolean = () => true,
): Differences {
  const { family, model } = grounds;
  const vocabulary = table.columns;
  const least = new Float64Array(family.tokens * vocabulary).fill(Infinity);
  for (const { token, row } of writableRows(grounds))
    for (let target = 0; target < family.tokens; target++) {
      if (!keep(token, target)) continue;
      for (let other = 0; other < vocabulary; other++) {
        const at = target * vocabulary + other;
        const value = leastDifference(table, row, model.outputs[target]!, other);
        if (value < least[at]!) least[at] = value;
      }
    }
  return least;
}

function writableRows({ family, first }: Grounds): { token: number; row: number }[] {
  const rows = new Map<number, number>();
  for (let place = 0; place < first.length; place++) {
    const [from, to] = tokensAt(family, place);
    for (let token = from; token < to; token++) rows.set(writeRow(first, token, place), token);
  }
  return [...rows].map(([row, token]) => ({ token, row }));
}

/** What a head makes of rows of the stream, not yet divided by the scale of its layer's norm. */
function carriedBy({ value, output }: HeadNumbers, norm: NormNumbers | null, rows: Balls): Balls {
  return product(product(applyGain(centreRows(rows, norm), norm), value), output);
}

/** What the biases of a head and of its layer's norm add wherever it attends: [1, d_model]. */
function biasOf({ value, output, valueBias }: HeadNumbers, norm: NormNumbers | null): Balls {
  const columns = value.rows;
  const bias = ballsOf({ rows: 1, columns, data: norm?.bias ?? new Float64Array(columns) });
  return product(withBias(product(bias, value), valueBias), output);
}

/** @param scale of the second layer's norm at any key */
function headPaths(
  grounds: Grounds,
  head: HeadNumbers,
  scale: Enclosure,
  toLogits: (rows: Balls) => Balls,
): HeadPaths {
  const { model, first } = grounds;
  const { norm } = model.layers[1];
  const through = (rows: Balls) => toLogits(carriedBy(head, norm, rows));
  const direct = through(first.stream);
  const constant = through(constantOf(model.layers[0], first.stream.columns));
  const mixed = first.heads.map(({ writes }) => leastOver(grounds, through(writes)));
  const whole = (table: Differences): Differences =>
    table.map((value0, at) => {
      const target = Math.floor(at / model.unembedding.columns);
      const other = at % model.unembedding.columns;
      const all = mixed.reduce(
        (sum0, part) => down(sum0 + part[at]!),
        down(value0 + leastDifference(constant, 0, model.outputs[target]!, other)),
      );
      return down(all / (all > 0 ? scale.high : scale.low));
    });
  return {
    target: whole(leastOver(grounds, direct, (token, target) => token === target)),
    others: whole(leastOver(grounds, direct)),
    fixed: toLogits(biasOf(head, norm)),
  };
}

/** States of keys with a token before them that some sequence has. */
function reachableIn({ first, family, shares }: Grounds): (at: number) => boolean {
  const { befores } = shares[0]!;
  return (at) => {
    const position = Math.floor(at / befores) % first.length;
    const token = Math.floor(at / befores / first.length);
    const [from, to] = tokensAt(family, position);
    const [least, most] = position === 0 ? [0, 1] : tokensAt(family, position - 1);
    const before = at % befores;
    return token >= from && token < to && before >= least && before < most;
  };
}

interface Biases {
  /** [1, vocabulary]; null: none */
  readonly logits: Balls | null;
  /** The largest scale of the final norm; 1 without one. */
  readonly scale: number;
}

function biasesOf(grounds: Grounds, keyScale: Enclosure): Biases {
  const { model } = grounds;
  const { finalNorm, unembedding, unembeddingBias } = model;
  const fromNorm = finalNorm?.bias
    ? product(ballsOf({ rows: 1, columns: unembedding.rows, data: finalNorm.bias }), unembedding)
    : null;
  const none = ballsOf({
    rows: 1,
    columns: unembedding.columns,
    data: new Float64Array(unembedding.columns),
  });
  const logits = fromNorm || unembeddingBias ? withBias(fromNorm ?? none, unembeddingBias) : null;
  return { logits, scale: finalNorm ? largestScale(grounds, keyScale) : 1 };
}

/** A bound by the triangle inequality over all parts of the stream's end. */
function largestScale({ model, first }: Grounds, keyScale: Enclosure): number {
  const [early, two] = model.layers;
  const columns = first.stream.columns;
  const carried = two.heads.map((head) => {
    const parts = [
      first.stream,
      constantOf(early, columns),
      ...first.heads.map(({ writes }) => writes),
    ];
    const lengths = parts.map((part) => longest(carriedBy(head, two.norm, part)));
    const fixed = longest(biasOf(head, two.norm));
    return up(up(lengths.reduce((a, b) => up(a + b)) / keyScale.low) + fixed);
  });
  const whole = [
    longest(first.stream),
    longest(constantOf(early, columns)),
    longest(constantOf(two, columns)),
    ...first.heads.map(({ writes }) => longest(writes)),
    ...carried,
  ].reduce((a, b) => up(a + b));
  const square = up(up(whole * whole) / columns + model.finalNorm!.eps);
  return root({ low: 0, high: up(square) }).high;
}

/** No smaller than the length of any row. */
function longest({ rows, columns, mid, rad }: Balls): number {
  let most = 0;
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++)
      squares = up(squares + up((Math.abs(mid[at]!) + rad[at]!) ** 2 * (1 + 2 ** -50)));
    most = Math.max(most, up(Math.sqrt(up(squares))));
  }
  return most;
}

function afterNorm(
  least: number,
  { logits, scale }: Biases,
  column: number,
  other: number,
): number {
  if (!logits) return least;
  if (least <= 0) return -Infinity;
  return down(down(least / scale) + leastDifference(logits, 0, column, other));
}
