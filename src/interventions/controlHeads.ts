/** @file Random heads to compare with. */
import { headName, type HeadAt } from "../base/headName.ts";
import type { Random } from "../base/random.ts";
import { FEWEST_SETS } from "../results/causalNames.ts";

/** A head, or what stands for one in a sweep. */
export interface HeadPlace {
  readonly layer: number;
  readonly head: number | null;
}

export interface ControlOptions {
  /** Heads that are not drawn. */
  readonly not?: readonly HeadPlace[] | undefined;
  readonly draw: Random;
}

/**
 * `count` heads of `pool`, each equally likely; fewer if there are fewer.
 *
 * @param layersOf only heads of the layers of these; left out: of all layers
 */
export function controlHeads<Head extends HeadPlace>(
  pool: readonly Head[],
  count: number,
  {
    layersOf,
    not = [],
    draw,
  }: ControlOptions & { readonly layersOf?: readonly Pick<HeadPlace, "layer">[] | undefined },
): Head[] {
  const layers = layersOf && new Set(layersOf.map(({ layer }) => layer));
  const others = pool.filter((head) => !isAmong(not, head) && (layers?.has(head.layer) ?? true));
  return draw.shuffled(others).slice(0, count);
}

/** For each head of `heads` another one of its layer, all different; ends before the first whose layer has no more. */
export function controlsByLayer<Head extends HeadPlace>(
  pool: readonly Head[],
  heads: readonly HeadPlace[],
  { not = [], draw }: ControlOptions,
): Head[] {
  const left = draw.shuffled(pool.filter((head) => !isAmong(not, head)));
  const controls: Head[] = [];
  for (const { layer } of heads) {
    const inLayer = left.findIndex((other) => other.layer === layer);
    if (inLayer < 0) break;
    controls.push(...left.splice(inLayer, 1));
  }
  return controls;
}

/** Draws for each set that is wanted: in layers of few heads many are alike. */
const DRAWS = 8;

/** Up to `count` different sets of `size` heads as `drawSet` gives them; none if fewer than {@link FEWEST_SETS} are found. */
export function differentSets(
  size: number,
  count: number,
  drawSet: () => HeadAt[],
): (readonly HeadAt[])[] {
  const sets = new Map<string, HeadAt[]>();
  for (let tries = 0; tries < DRAWS * count && sets.size < count; tries++) {
    const set = drawSet();
    if (set.length < size) break;
    sets.set(set.map(headName).sort().join(" "), set);
  }
  return sets.size < FEWEST_SETS ? [] : [...sets.values()];
}

/** Whether the head is one of `heads`. */
export function isAmong(heads: readonly HeadPlace[], { layer, head }: HeadPlace): boolean {
  return heads.some((other) => other.layer === layer && other.head === head);
}
