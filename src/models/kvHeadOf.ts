import type { Architecture } from "./family.ts";

/** The key and value head that a query head reads: with H query heads and G key heads, head h reads floor(h * G / H). */
export function kvHeadOf(
  { heads, kvHeads }: Pick<Architecture, "heads" | "kvHeads">,
  head: number,
): number {
  return Math.floor((head * kvHeads) / heads);
}
