/** @file One head's attention, read from what the engine gave for its layer. */
import type { Look } from "../engine/protocol.ts";

export interface Pattern {
  readonly length: number;
  /** Keys, where they are not as many as queries, and none of them comes later. Left out: a query sees keys up to itself. */
  readonly keys?: number;
  /** 1 where weights are attention; else the largest weight, which the scale ends at. */
  readonly bound: number;
  /** Attention, or attention times the norm of the key's value: A[q, k] |v_k|. */
  readonly weight: (query: number, key: number) => number;
}

export function patternOf(look: Look, head: number, weighted: boolean): Pattern {
  const { length, heads, patterns, valueNorms } = look;
  const first = head * length * length;
  const attention = (query: number, key: number) => patterns[first + query * length + key]!;
  if (!weighted) return { length, bound: 1, weight: attention };
  const weight = (query: number, key: number) =>
    attention(query, key) * valueNorms[key * heads + head]!;
  let bound = 1e-9;
  for (let query = 0; query < length; query++)
    for (let key = 0; key <= query; key++) bound = Math.max(bound, weight(query, key));
  return { length, bound, weight };
}

/** Where the token at `query` looks, as shares of the bound, by key. */
export function looks({ length, bound, weight }: Pattern, query: number): Float32Array {
  return new Float32Array(length).map((_, key) => (key <= query ? weight(query, key) / bound : 0));
}

/** What looks at the token at `key`, as shares of the bound, by query. */
export function lookedAt({ length, bound, weight }: Pattern, key: number): Float32Array {
  return new Float32Array(length).map((_, query) =>
    key <= query ? weight(query, key) / bound : 0,
  );
}

/** Weights below this are left out of lists, but for the largest. */
const LEAST = 5e-4;

/** The largest entries of a row or a column, with their weights. */
export function largest(
  { length, keys, weight }: Pattern,
  direction: "from" | "to",
  at: number,
  count: number,
): { readonly position: number; readonly weight: number }[] {
  const entry = (other: number) => (direction === "from" ? weight(at, other) : weight(other, at));
  const others = direction === "from" ? (keys ?? length) : length;
  const positions = Array.from({ length: others }, (_, other) => other).filter((other) => {
    if (keys !== undefined) return true;
    return direction === "from" ? other <= at : other >= at;
  });
  return positions
    .map((position) => ({ position, weight: entry(position) }))
    .sort((a, b) => b.weight - a.weight || a.position - b.position)
    .filter((other, rank) => rank === 0 || other.weight >= LEAST)
    .slice(0, count);
}
