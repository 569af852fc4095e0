/** @file One row of repeated random tokens through an engine, and how far two engines are apart on it. */
import type { Backend, Trace } from "../base/backend.ts";
import type { Program } from "../graph/program.ts";
import { prepare } from "./prepare.ts";
import { randomFeeds } from "./randomFeeds.ts";

export const ROW_LENGTH = 32;
const SEED = 1;

/** All outputs of `program`. */
export async function outputsOfOneRow(program: Program, backend: Backend): Promise<Trace> {
  const session = await prepare(program, backend, { batch: 1, position: ROW_LENGTH });
  try {
    return await session.run(randomFeeds(program, { rows: 1, length: ROW_LENGTH, seed: SEED }));
  } finally {
    await session.close();
  }
}

/** Largest difference, as a share of the largest number expected, or of 1 where that is less; infinite as {@link largestDifference}. */
export function shareApart(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  let scale = 1;
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] !== got[at]) scale = Math.max(scale, Math.abs(expected[at]!));
  }
  return largestDifference(expected, got) / scale;
}

/** Numbers that are equal, infinite ones too, are not apart; infinite where one is a number and the other is none. */
export function largestDifference(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  if (expected.length !== got.length) return Infinity;
  let most = 0;
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] === got[at]) continue;
    const difference = Math.abs(expected[at]! - got[at]!);
    if (Number.isNaN(difference)) return Infinity;
    most = Math.max(most, difference);
  }
  return most;
}
