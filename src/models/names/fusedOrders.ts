/** @file The orders in which models keep queries, keys and values in one matrix. */
import type { WeightEntry } from "../weightMap.ts";

/** q, k, v: one after the other. by head: each head's three. by group: a group's queries, its key, its value. */
export type FusedOrder = "q, k, v" | "by head" | "by group" | "codegen";

export type Part = "q" | "k" | "v";

/** How the rows of the matrix are axes, and which of them are one part. */
export interface FusedRows extends Pick<WeightEntry, "select" | "merge"> {
  readonly axes: readonly string[];
}

/** CodeGen was trained on four processors, and each had its share of the heads. */
export const CODEGEN_SHARDS = 4;

/** Sizes of the axes that only fused matrices have. */
export function fusedSizes(heads: number, kvHeads: number): Readonly<Record<string, number>> {
  return {
    qkv: 3,
    qkv_head: heads + 2 * kvHeads,
    in_group: heads / kvHeads + 2,
    shard: CODEGEN_SHARDS,
    head_of_shard: heads / CODEGEN_SHARDS,
  };
}

export function fusedRows(
  order: FusedOrder,
  part: Part,
  heads: number,
  kvHeads: number,
): FusedRows {
  const kv = kvHeads === heads ? "head" : "kv_head";
  const place = { q: 0, k: 1, v: 2 }[part];
  if (order === "by head")
    return { axes: ["head", "qkv", "d_head"], select: [{ axis: "qkv", index: place }] };
  if (order === "codegen")
    return {
      axes: ["shard", "qkv", "head_of_shard", "d_head"],
      select: [{ axis: "qkv", index: { q: 0, v: 1, k: 2 }[part] }],
      merge: { head: ["shard", "head_of_shard"] },
    };
  if (order === "by group") return rowsByGroup(part, heads, kvHeads, kv);
  const start = { q: 0, k: heads, v: heads + kvHeads }[part];
  return {
    axes: ["qkv_head", "d_head"],
    select: [{ axis: "qkv_head", start, length: part === "q" ? heads : kvHeads }],
    merge: { [part === "q" ? "head" : kv]: ["qkv_head"] },
  };
}

function rowsByGroup(part: Part, heads: number, kvHeads: number, kv: string): FusedRows {
  const group = heads / kvHeads;
  const axes = ["kv_head", "in_group", "d_head"];
  return part === "q"
    ? {
        axes,
        select: [{ axis: "in_group", start: 0, length: group }],
        merge: { head: ["kv_head", "in_group"] },
      }
    : {
        axes,
        select: [{ axis: "in_group", index: part === "k" ? group : group + 1 }],
        ...(kv === "head" && { merge: { head: ["kv_head"] } }),
      };
}
