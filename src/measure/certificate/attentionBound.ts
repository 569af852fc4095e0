/**
 * @file The theorem: on every sequence [BOS] r r, r different tokens of the family, a head of the second layer pays at least so
 * much attention to its induction target.
 *
 * A query is token a at q in the second copy; its target is the key at q - S + 1, the one key that surely has a before it. From
 * `shares` follow, for every key k with a token t and a token u before it, the ends of its score. The target's least score with
 * u = a, and for every other key the largest over t and u other than a, give
 *
 *   A[q, q - S + 1] >= 1 / (1 + sum over k of exp(most(k) - least(target))).
 *
 * The query's own vector lies in a box: its token is known, the token before it is any other, and the rest of what the first layer
 * writes there is what `shares` allows. With a norm, scores of one query have the factor 1 / s of its scale; the sum is convex in
 * that factor, so the ends of its range decide.
 */
import { ballAround, dots, rowOf, scaleBalls, sum, type Balls, type Range } from "./balls.ts";
import {
  startOf,
  tokensAt,
  tokensBut,
  type Family,
  type LayerNumbers,
  type ModelNumbers,
} from "./certifiedModel.ts";
import { down, exactly, expUp, over, up, type Enclosure } from "./enclosure.ts";
import { writeRow, type FirstLayer } from "./firstLayer.ts";
import { leastOf, mostOf } from "./mixture.ts";
import { rotateRows } from "./rotation.ts";
import { projectRows, streamScales, type ProjectedState, type Scales } from "./secondLayer.ts";
import { ceilingsOf, type Ceilings } from "./ceilings.ts";
import { shareIndex, SHARES, sharesOf, stateIndex, type Shares } from "./shares.ts";

/** What is taken as known although it is not, to see what it costs; an answer with any of these proves nothing. */
export type Idealisation = "rest" | "query" | "scale";

/** What bounds of any head need. */
export interface Grounds {
  readonly model: ModelNumbers;
  readonly family: Family;
  readonly first: FirstLayer;
  readonly shares: readonly Shares[];
  readonly scales: Scales | null;
  /** What scores of a token stay under, whatever comes before it. */
  readonly ceilings: Ceilings;
  readonly ideal: ReadonlySet<Idealisation>;
}

export function groundsOf(model: ModelNumbers, family: Family, first: FirstLayer): Grounds {
  const shares = first.heads.map((_, head) => sharesOf(first, head, family));
  const scales = streamScales(model, first, shares);
  const ceilings = ceilingsOf(first, shares, scales);
  return { model, family, first, shares, scales, ceilings, ideal: new Set() };
}

/** The same with some steps as if they lost nothing. @param withoutRest shares as if the rest were never attended to */
export function idealAttention(
  grounds: Grounds,
  ideal: ReadonlySet<Idealisation>,
  withoutRest: readonly Shares[],
): Grounds {
  const shares = ideal.has("rest") ? withoutRest : grounds.shares;
  const scales = ideal.has("rest")
    ? streamScales(grounds.model, grounds.first, shares)
    : grounds.scales;
  const scalesUsed = ideal.has("scale") ? middle(scales) : scales;
  const ceilings = ceilingsOf(grounds.first, shares, scalesUsed);
  return { ...grounds, ideal, shares, scales: scalesUsed, ceilings };
}

function middle(scales: Scales | null): Scales | null {
  if (!scales) return null;
  const mid = scales.low.map((low, at) => (low + scales.high[at]!) / 2);
  return { low: mid, high: mid };
}

/** What is known of a query. */
export interface QueryCase {
  readonly token: number;
  /** Tokens that may come before it. */
  readonly befores: readonly number[];
  readonly position: number;
}

export interface HeadReader {
  /** [token]: the least attention to the target where the target is that token; 1 at the query's own token, which it never is. */
  leastAttention(query: QueryCase): Float64Array;
}

/** Of one head of the second layer. */
export function headReader(grounds: Grounds, head: number): HeadReader {
  const { model, first } = grounds;
  const layer = model.layers[1];
  const { query, key, queryBias, keyBias } = layer.heads[head]!;
  const queries = projectRows(model, first, query, queryBias, true);
  const keys = projectRows(model, first, key, keyBias, true);
  const columns = queries.writes.map((writes) =>
    columnsOf(writes).map((column) => ({ ...column, rests: restRanges(grounds, column) })),
  );
  return {
    leastAttention: (situation) => {
      const raw = queryBox(grounds, queries, columns, situation);
      const factors = queryFactors(grounds, situation);
      const answers = factors.map((factor) => {
        const read = sum(scaleBalls(raw, factor), rowOf(queries.fixed, situation.position));
        const whole = scaleBalls(read, exactly(layer.scale));
        return attentionWith(
          grounds,
          keys,
          turnedQuery(whole, layer, situation.position),
          situation,
        );
      });
      return answers.reduce((least, other) =>
        least.map((value, at) => Math.min(value, other[at]!)),
      );
    },
  };
}

/** Everything that the query's vector may be before its norm divides and biases are added. */
function queryBox(
  { family, first, shares, ideal }: Grounds,
  queries: ProjectedState,
  columnsByHead: readonly (readonly WithRests[])[],
  situation: QueryCase,
): Balls {
  const { token, position } = situation;
  const { columns } = queries.direct;
  const base = sum(rowOf(queries.direct, writeRow(first, token, position)), queries.constant);
  const [mid, rad] = [base.mid.slice(), base.rad.slice()];
  columnsByHead.forEach((ranges, head) => {
    for (let entry = 0; entry < columns; entry++) {
      const { low, high, rests } = ranges[entry]!;
      const rest = { low: rests.low[position]!, high: rests.high[position]! };
      let [least, most] = [Infinity, -Infinity];
      for (const before of situation.befores) {
        const start = shareIndex(shares[head]!, first.length, [token, position, before]);
        const [a, b, c] = partRows(first, family, token, position, before);
        least = Math.min(least, leastOf(shares[head]!, start, low[a]!, low[b]!, low[c]!, rest.low));
        most = Math.max(
          most,
          mostOf(shares[head]!, start, high[a]!, high[b]!, high[c]!, rest.high),
        );
      }
      const ball = ballAround({ low: least, high: most });
      mid[entry]! += ball.mid;
      rad[entry] = up(
        up(rad[entry]! + ball.rad) +
          Math.abs(mid[entry]!) * 2 ** -50 +
          Math.abs(ball.mid) * 2 ** -50,
      );
    }
  });
  return { ...base, mid, rad: ideal.has("query") ? rad.fill(0) : rad };
}

/** Each column of a table as ends by row. */
function columnsOf({ rows, columns, mid, rad }: Balls): Range[] {
  return Array.from({ length: columns }, (_, column) => {
    const at = (row: number) => row * columns + column;
    return {
      low: Float64Array.from({ length: rows }, (__, row) => down(mid[at(row)]! - rad[at(row)]!)),
      high: Float64Array.from({ length: rows }, (__, row) => up(mid[at(row)]! + rad[at(row)]!)),
    };
  });
}

/** Rows of a table of writes for the query itself, the token before and BOS. */
function partRows(
  first: FirstLayer,
  family: Family,
  token: number,
  position: number,
  before: number,
) {
  return [
    writeRow(first, token, position),
    writeRow(first, before, Math.max(0, position - 1)),
    family.bos ? writeRow(first, family.tokens, 0) : 0,
  ] as const;
}

/** Ends by row, and the ends over all tokens at the places that are the rest, by position. */
interface WithRests extends Range {
  readonly rests: Range;
}

/** By position of the query: the least and the largest over all tokens at the places that are its rest; zeros for none. */
function restRanges(
  { first, family }: Pick<Grounds, "first" | "family">,
  { low, high }: Range,
): Range {
  const { length, isByPlace } = first;
  const start = startOf(family);
  const rests = { low: new Float64Array(length), high: new Float64Array(length) };
  let [least, most] = [Infinity, -Infinity];
  for (let position = start + 2; position < length; position++) {
    const place = position - 2; // the one that is new in the rest
    for (let token = 0; token < family.tokens; token++) {
      if (!isByPlace && place > start) break; // the same rows at every place
      const row = writeRow(first, token, place);
      least = Math.min(least, low[row]!);
      most = Math.max(most, high[row]!);
    }
    [rests.low[position], rests.high[position]] = [least, most];
  }
  return rests;
}

/** The ends of 1 / scale of the query's norm. */
function queryFactors(
  { first, scales, shares }: Grounds,
  { token, befores, position }: QueryCase,
): Enclosure[] {
  if (!scales) return [exactly(1)];
  const at = befores.map((before) =>
    stateIndex(shares[0]!, first.length, [token, position, before]),
  );
  const [low, high] = [
    Math.min(...at.map((place) => scales.low[place]!)),
    Math.max(...at.map((place) => scales.high[place]!)),
  ];
  const inverse = (scale: number) => over(exactly(1), exactly(scale));
  return [inverse(low), inverse(high)];
}

/** The query as each key position meets it: turned by its own position, and back by the key's. */
function turnedQuery(
  query: Balls,
  { rotation }: LayerNumbers,
  position: number,
): (key: number) => Balls {
  if (!rotation) return () => query;
  const own = rotateRows(query, rotation, () => position);
  return (key) => rotateRows(own, rotation, () => key, true);
}

/** Products of a query with everything that keys are made of. */
interface Products {
  readonly direct: Range;
  readonly writes: readonly WithRests[];
  readonly constant: Range;
  readonly fixed: Range;
}

function productsWith(
  grounds: Grounds,
  query: Balls,
  { direct, writes, constant, fixed }: ProjectedState,
): Products {
  return {
    direct: dots(query, direct),
    writes: writes.map((rows) => {
      const ends = dots(query, rows);
      return { ...ends, rests: restRanges(grounds, ends) };
    }),
    constant: dots(query, constant),
    fixed: dots(query, fixed),
  };
}

function attentionWith(
  grounds: Grounds,
  keys: ProjectedState,
  query: (key: number) => Balls,
  situation: QueryCase,
): Float64Array {
  const { family, model } = grounds;
  const { token, befores, position } = situation;
  const alike = model.layers[1].rotation === null ? productsWith(grounds, query(0), keys) : null;
  const productsAt = (key: number) => alike ?? productsWith(grounds, query(key), keys);
  const target = position - family.period + 1;
  const others = tokensBut(family, token);
  const ends: number[] = [];
  for (let key = 0; key <= position; key++) {
    if (key === target) continue;
    const own = key === position || key === position - family.period;
    const [from, to] = tokensAt(family, key);
    const tokens = own ? [token] : from === family.tokens ? [family.tokens] : others.slice(0, to);
    const before = beforesOf(family, key, own ? befores : others);
    ends.push(mostScore(grounds, productsAt(key), key, tokens, before));
  }
  const products = productsAt(target);
  const least = new Float64Array(family.tokens).fill(1);
  for (const other of others) {
    const low = leastScore(grounds, products, target, other, token);
    let rest = 1;
    for (const high of ends) rest = up(rest + expUp(up(high - low)));
    least[other] = rest < Infinity ? Math.max(0, down(1 / rest)) : 0;
  }
  return least;
}

/** Tokens that may come before the key: BOS before the first one, and nothing before the first position. */
function beforesOf(family: Family, key: number, usual: readonly number[]): readonly number[] {
  if (key === 0) return [0];
  return family.bos && key === 1 ? [family.tokens] : usual;
}

/** The least score of a token at a place with that token before it. */
function leastScore(
  { first, family, shares, scales }: Grounds,
  { direct, constant, fixed, writes }: Products,
  key: number,
  token: number,
  before: number,
): number {
  const [a, b, c] = partRows(first, family, token, key, before);
  const at = stateIndex(shares[0]!, first.length, [token, key, before]);
  let low = down(direct.low[a]! + constant.low[0]!);
  writes.forEach(({ low: ends, rests }, head) => {
    const rest = rests.low[key]!;
    low = down(low + leastOf(shares[head]!, at * SHARES, ends[a]!, ends[b]!, ends[c]!, rest));
  });
  if (scales) low = down(low / (low > 0 ? scales.high[at]! : scales.low[at]!));
  return down(low + fixed.low[key]!);
}

/**
 * The largest score that any of these tokens, with any of those before it, has at a place. Tokens whose ceiling lies under what others
 * have are passed over, which saves nearly all of the work and changes nothing.
 */
function mostScore(
  { first, family, shares, scales, ceilings }: Grounds,
  { direct, constant, fixed, writes }: Products,
  key: number,
  tokens: readonly number[],
  befores: readonly number[],
): number {
  const mostOfRest = writes.map(({ rests }) => rests.high[key]!);
  const [, anyBefore, bos] = partRows(first, family, tokens[0]!, key, befores[0]!);
  const beforeRows = befores.map((before) => partRows(first, family, tokens[0]!, key, before)[1]);
  const mostBefore = writes.map(({ high }) =>
    beforeRows.reduce((most, row) => Math.max(most, high[row]!), high[anyBefore]!),
  );
  const base = (row: number) => up(direct.high[row]! + constant.high[0]!);
  const ordered = tokens
    .map((token) => {
      const row = writeRow(first, token, key);
      const parts = writes.map(
        ({ high }, head) => [high[row]!, mostBefore[head]!, high[bos]!, mostOfRest[head]!] as const,
      );
      return { token, row, ceiling: ceilings.ceilingOf(token, key, base(row), parts) };
    })
    .sort((one, other) => other.ceiling - one.ceiling);
  let most = -Infinity;
  for (const { token, row, ceiling } of ordered) {
    if (!(ceiling > most)) break;
    befores.forEach((before, index) => {
      const at = stateIndex(shares[0]!, first.length, [token, key, before]);
      const b = beforeRows[index]!;
      let high = base(row);
      for (let head = 0; head < writes.length; head++) {
        const ends = writes[head]!.high;
        const mixture = [ends[row]!, ends[b]!, ends[bos]!, mostOfRest[head]!] as const;
        high = up(high + mostOf(shares[head]!, at * SHARES, ...mixture));
      }
      if (scales) high = up(high / (high > 0 ? scales.low[at]! : scales.high[at]!));
      most = Math.max(most, high);
    });
  }
  return up(most + fixed.high[key]!);
}
