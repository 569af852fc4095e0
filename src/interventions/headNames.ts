/** @file Heads as people write them, `18.6`. */
import { InputError } from "../base/errors.ts";
import type { Architecture } from "../models/family.ts";

export interface HeadAt {
  readonly layer: number;
  readonly head: number;
}

/**
 * The head called `name`, layer.head, both from 0.
 *
 * @throws {InputError} "unknown-head" for anything else, or a head that the model does not have; the nearest is named
 */
export function headCalled(name: string, { layers, heads }: Architecture): HeadAt {
  const [, layer, head] = (/^(\d+)\.(\d+)$/.exec(name.trim()) ?? []).map(Number);
  if (layer === undefined || head === undefined)
    throw new InputError("unknown-head", `heads are written layer.head, such as 1.2, got ${name}`);
  if (layer < layers && head < heads) return { layer, head };
  const nearest = `${Math.min(layer, layers - 1)}.${Math.min(head, heads - 1)}`;
  throw new InputError(
    "unknown-head",
    `the model has heads 0.0 to ${layers - 1}.${heads - 1}, got ${name}; nearest: ${nearest}`,
  );
}

/**
 * The heads that `names` mean: layer.head, or layer.* for all heads of a layer; each once, in the order of the names.
 *
 * @throws {InputError} "unknown-head"
 */
export function headsCalled(names: readonly string[], architecture: Architecture): HeadAt[] {
  const { heads } = architecture;
  const all = names.flatMap((name) => {
    const layer = /^(\d+)\.\*$/.exec(name.trim())?.[1];
    return layer === undefined
      ? [headCalled(name, architecture)]
      : Array.from({ length: heads }, (_, head) => headCalled(`${layer}.${head}`, architecture));
  });
  return [...new Map(all.map((head) => [headName(head), head])).values()];
}

export function headName({ layer, head }: HeadAt): string {
  return `${layer}.${head}`;
}

/** Every head, in order. */
export function allHeads({ layers, heads }: Architecture): HeadAt[] {
  return Array.from({ length: layers * heads }, (_, index) => ({
    layer: Math.floor(index / heads),
    head: index % heads,
  }));
}
