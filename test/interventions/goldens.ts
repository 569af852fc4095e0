/** @file TransformerLens' own numbers on small random checkpoints, and how far ours are from them. */
import { openFolder } from "../../src/models/folder.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import type { OwnPair } from "../../src/inputs/pair.ts";
import { shared, sharedJson, unlessShared } from "../shared.ts";

export const GOLDENS = ["tl-attn2l", "tl-attn2l-ln", "tl-full"] as const;

/** Float32 and sums over thousands of terms: what two right implementations differ by. */
export const TOLERANCE = 1e-4;

export type Analysis = Record<string, never> & {
  readonly clean: number[][];
  readonly corrupted: number[][];
  readonly period: number;
  readonly bos: boolean;
  readonly metric_clean: number;
  readonly metric_corrupted: number;
};

export function golden(name: string) {
  const { skip, note } = unlessShared("goldens", name, "analysis.json");
  return {
    skip,
    note,
    analysis: () => sharedJson("goldens", name, "analysis.json") as Analysis,
    model: (): Promise<LoadedModel> => openFolder(shared("goldens", name)!, name),
  };
}

export function ownPairOf({ clean, corrupted, period, bos }: Analysis): OwnPair {
  return { clean, corrupted, period, bos };
}

/** The largest difference of two nested lists of one shape. */
export function furthest(ours: unknown, theirs: unknown): number {
  if (!Array.isArray(ours) || !Array.isArray(theirs))
    return Math.abs(Number(ours) - Number(theirs));
  if (ours.length !== theirs.length) return Infinity;
  return Math.max(...ours.map((value, index) => furthest(value, theirs[index])));
}
