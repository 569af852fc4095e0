/** @file What a score cannot exceed whatever comes before its token: cheap, so that few tokens are gone through in full. */
import { down, LEAST, UNIT, up } from "./enclosure.ts";
import type { FirstLayer } from "./firstLayer.ts";
import type { Scales } from "./secondLayer.ts";
import { PARTS, SHARES, type Shares } from "./shares.ts";

/** One number for each of {@link PARTS}: the largest that the part can bring. */
export type MostOfParts = readonly [itself: number, before: number, bos: number, rest: number];

export interface Ceilings {
  /**
   * No smaller than (base + sum over heads of a mixture of its parts) / scale, for every token that may come before.
   *
   * @param parts by head of the first layer
   */
  ceilingOf(token: number, position: number, base: number, parts: readonly MostOfParts[]): number;
}

/** Ends of something over all tokens that may come before. */
interface Span {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** @param scales of the second layer's norm; null: nothing is divided */
export function ceilingsOf(
  { length }: Pick<FirstLayer, "length">,
  shares: readonly Shares[],
  scales: Scales | null,
): Ceilings {
  const { befores } = shares[0]!;
  const spans = shares.map((share) => shareSpans(share, length));
  const divisor = scales && scaleSpan(scales, befores);
  return {
    ceilingOf: (token, position, base, parts) => {
      const state = token * length + position;
      let sum = base;
      parts.forEach((part, head) => (sum = up(sum + mostMixed(spans[head]!, state, part))));
      if (!divisor) return sum;
      return up(sum / (sum > 0 ? divisor.low[state]! : divisor.high[state]!));
    },
  };
}

/** Shares by part, [token, position, part]; a share that no token before gives is 0. */
function shareSpans({ mid, rad, befores }: Shares, length: number): Span {
  const states = befores * length;
  const low = new Float64Array(states * PARTS.length).fill(Infinity);
  const high = new Float64Array(states * PARTS.length);
  for (let state = 0; state < states; state++)
    for (let before = 0; before < befores; before++) {
      const start = (state * befores + before) * SHARES;
      for (let at = 0; at < SHARES; at++) {
        const place = state * PARTS.length + (at % PARTS.length);
        const [middle, radius] = [mid[start + at]!, rad[start + at]!];
        low[place] = Math.min(low[place]!, Math.max(0, down(middle - radius)));
        high[place] = Math.max(high[place]!, up(middle + radius));
      }
    }
  return { low, high };
}

/** [token, position]; states that cannot be have a scale of 0 and are left out, as they are where scores are bounded. */
function scaleSpan(scales: Scales, befores: number): Span {
  const states = scales.low.length / befores;
  const low = new Float64Array(states).fill(Infinity);
  const high = new Float64Array(states);
  for (let at = 0; at < scales.low.length; at++) {
    const state = Math.floor(at / befores);
    low[state] = Math.min(low[state]!, scales.low[at]!);
    high[state] = Math.max(high[state]!, scales.high[at]!);
  }
  return { low, high };
}

/** Shares are not negative and make 1: no mixture exceeds its largest part, nor the sum of parts at their dearest shares. */
function mostMixed({ low, high }: Span, state: number, parts: MostOfParts): number {
  let [sum, size, largest] = [0, 0, -Infinity];
  for (let part = 0; part < PARTS.length; part++) {
    const value = parts[part]!;
    const share = (value > 0 ? high : low)[state * PARTS.length + part]!;
    sum += share * value;
    size += Math.abs(share * value);
    largest = Math.max(largest, value);
  }
  return Math.min(largest, sum + size * 16 * UNIT + LEAST);
}
