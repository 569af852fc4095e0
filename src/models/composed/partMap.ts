/** @file The weights of one stack among several, under names that begin with the stack's. */
import { sizesOf } from "../decoder/sizes.ts";
import type { DecoderSpec, StackSpec } from "../decoder/spec.ts";
import { moduleMap } from "../names/moduleMap.ts";
import type { ModuleNames } from "../names/moduleNames.ts";
import type { Sizes, WeightMap } from "../weightMap.ts";

/** Names of a stack that does not read token ids. */
export type StackNames = Omit<ModuleNames, "embed" | "head" | "positions">;

/**
 * The map of a stack that reads tokens, without an unembedding.
 *
 * @param sizes d_mlp, and what else the spec does not say
 */
export function tokenPart(
  prefix: string,
  spec: DecoderSpec,
  names: ModuleNames,
  sizes: Sizes,
): WeightMap {
  const { positionOffset = 0 } = names;
  const all = { ...sizesOf(spec), n_rows: spec.contextLength + positionOffset, ...sizes };
  const own = Object.entries(moduleMap(spec, names)).filter(([name]) => !/^unembed\./.test(name));
  return partMap(prefix, Object.fromEntries(own), spec.blocks.length, all);
}

/** The map of the blocks and norms of a stack that begins with something else, as patches or audio. */
export function stackPart(
  prefix: string,
  spec: StackSpec,
  names: StackNames,
  sizes: Sizes,
  begin: WeightMap,
): WeightMap {
  const tokens = { ...spec, family: "", vocabulary: 0, contextLength: 0 };
  const map = moduleMap(tokens, { ...names, embed: "", head: "" });
  const own = Object.entries(map).filter(([name]) => /^(blocks|ln_final|embed\.ln)\b/.test(name));
  const all = { ...sizesOf(tokens), ...sizes };
  return partMap(prefix, { ...begin, ...Object.fromEntries(own) }, spec.blocks.length, all);
}

/** Entries under `prefix`, each with the sizes of its own stack and as many layers as that has. */
export function partMap(prefix: string, map: WeightMap, layers: number, sizes: Sizes): WeightMap {
  const every = Array.from({ length: layers }, (_, layer) => layer);
  return Object.fromEntries(
    Object.entries(map).map(([name, entry]) => [
      prefix + name,
      { ...entry, sizes: { ...sizes, ...entry.sizes }, layers: entry.layers ?? every },
    ]),
  );
}
