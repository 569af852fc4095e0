/** @file The codes of tokens and positions that planted models compare and copy. */
import type { Random } from "../../base/random.ts";
import { zeros, type Matrix } from "./matrix.ts";
import type { Sizes } from "./plans.ts";

/** Of this many drawn directions the one that overlaps least with those before is taken. */
const CANDIDATES = 12;

/** Unit vectors by token, random and apart; that of BOS, token 0, is 0, so that resting on it copies nothing. */
export function tokenCodes(
  draw: Random,
  { vocabulary, width, bos }: Pick<Sizes, "vocabulary" | "width" | "bos">,
): Matrix {
  const codes = zeros(vocabulary, width);
  for (let token = bos ? 1 : 0; token < vocabulary; token++) {
    let [least, best]: [number, Float64Array | null] = [Infinity, null];
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      const direction = unitVector(draw, width);
      const overlap = largestOverlap(codes, token, direction);
      if (overlap < least) [least, best] = [overlap, direction];
    }
    codes.data.set(best!, token * width);
  }
  return codes;
}

function unitVector(draw: Random, width: number): Float64Array {
  const direction = Float64Array.from({ length: width }, () => draw.normal());
  const length = Math.hypot(...direction);
  return direction.map((value) => value / length);
}

function largestOverlap({ columns, data }: Matrix, count: number, direction: Float64Array): number {
  let largest = 0;
  for (let token = 0; token < count; token++) {
    let overlap = 0;
    for (let entry = 0; entry < columns; entry++)
      overlap += data[token * columns + entry]! * direction[entry]!;
    largest = Math.max(largest, Math.abs(overlap));
  }
  return largest;
}

/** Of this many draws of frequencies the one is taken whose positions are least alike. */
const FREQUENCY_DRAWS = 100;
const FARTHEST = 64;

/** One in each of equal parts of (0, pi), so that every two positions up to 64 apart differ in most pairs. */
export function placeFrequencies(draw: Random, width: number): number[] {
  const pairs = width / 2;
  let [least, best]: [number, number[]] = [Infinity, []];
  for (let tries = 0; tries < FREQUENCY_DRAWS; tries++) {
    const frequencies = Array.from(
      { length: pairs },
      (_, pair) => (Math.PI * (pair + draw.uniform())) / pairs,
    );
    const alike = mostAlike(frequencies);
    if (alike < least) [least, best] = [alike, frequencies];
  }
  return best;
}

/** The largest product, in size, of the codes of two different positions. */
function mostAlike(frequencies: readonly number[]): number {
  let most = 0;
  for (let distance = 1; distance <= FARTHEST; distance++) {
    const sum = frequencies.reduce((all, frequency) => all + Math.cos(frequency * distance), 0);
    most = Math.max(most, Math.abs(sum) / frequencies.length);
  }
  return most;
}

/** Unit vectors whose product depends on the distance of two positions only; that of the first position is 0. */
export function placeCodes(frequencies: readonly number[], count: number): Matrix {
  const codes = zeros(count, 2 * frequencies.length);
  const scale = 1 / Math.sqrt(frequencies.length);
  for (let position = 1; position < count; position++)
    frequencies.forEach((frequency, pair) => {
      const at = position * codes.columns + 2 * pair;
      codes.data[at] = scale * Math.cos(frequency * position);
      codes.data[at + 1] = scale * Math.sin(frequency * position);
    });
  return codes;
}

/** A random map of codes with, on average over tokens, nothing in the direction of the token itself. */
export function scrambleOf(draw: Random, codes: Matrix): Matrix {
  const width = codes.columns;
  const map = zeros(width, width);
  map.data.forEach((_, at) => (map.data[at] = draw.normal() / Math.sqrt(width)));
  let [self, total] = [0, 0];
  for (let token = 0; token < codes.rows; token++)
    for (let from = 0; from < width; from++) {
      const value = codes.data[token * width + from]!;
      total += value * value;
      for (let to = 0; to < width; to++)
        self += value * map.data[from * width + to]! * codes.data[token * width + to]!;
    }
  for (let entry = 0; entry < width; entry++) map.data[entry * width + entry]! -= self / total;
  return map;
}
