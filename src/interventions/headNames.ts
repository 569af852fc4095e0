/** @file The heads of a model that names mean. */
import { InputError } from "../base/errors.ts";
import { headList, headName, headAt, type HeadAt, type HeadChoice } from "../base/headName.ts";
import type { Architecture } from "../models/family.ts";
import { headsIn } from "../models/headCounts.ts";

/**
 * The head that `choice` means.
 *
 * @throws {InputError} "unknown-head" for a name that is not layer.head, or a head that the model does not have; the nearest is
 *   named
 */
export function headCalled(choice: HeadChoice, architecture: Counts): HeadAt {
  const { layers } = architecture;
  const { layer, head } = headAt(choice);
  const within = (index: number, count: number) =>
    Number.isInteger(index) && index >= 0 && index < count;
  if (within(layer, layers) && within(head, headsIn(architecture, layer))) return { layer, head };
  const near = Math.min(layer, layers - 1);
  const last = headsIn(architecture, near) - 1;
  const nearest = headName({ layer: near, head: Math.min(head, last) });
  const there = architecture.headsByLayer
    ? `layer ${near} has heads ${near}.0 to ${near}.${last}`
    : `the model has heads 0.0 to ${layers - 1}.${last}`;
  throw new InputError(
    "unknown-head",
    `${there}, got ${headName({ layer, head })}; nearest: ${nearest}`,
  );
}

/**
 * The heads that `choices` mean: heads, or layer.* for all heads of a layer; each once, in the order of the choices.
 *
 * @throws {InputError} "unknown-head"
 */
export function headsCalled(choices: readonly HeadChoice[], architecture: Counts): HeadAt[] {
  const all = headList(choices).flatMap((choice) => {
    const layer = typeof choice === "string" ? /^(\d+)\.\*$/.exec(choice.trim())?.[1] : undefined;
    return layer === undefined
      ? [headCalled(choice, architecture)]
      : Array.from({ length: headsIn(architecture, Number(layer)) }, (_, head) =>
          headCalled({ layer: Number(layer), head }, architecture),
        );
  });
  return [...new Map(all.map((head) => [headName(head), head])).values()];
}

/** Every head, in order. */
export function allHeads(architecture: Counts): HeadAt[] {
  return Array.from({ length: architecture.layers }, (_, layer) =>
    Array.from({ length: headsIn(architecture, layer) }, (__, head) => ({ layer, head })),
  ).flat();
}

type Counts = Pick<Architecture, "layers" | "heads" | "headsByLayer">;
