/** @file The heads of a model that names mean. */
import { InputError } from "../base/errors.ts";
import { headList, headName, headAt, type HeadAt, type HeadChoice } from "../base/headName.ts";
import type { Architecture } from "../models/family.ts";
import { headsIn } from "../models/headCounts.ts";

/**
 * The head that `choice` means.
 *
 * @param option where the choice comes from, for the error
 * @throws {InputError} "unknown-head" for a name that is not layer.head, or a head that the model does not have; the nearest is
 *   named
 */
export function headCalled(choice: HeadChoice, architecture: Counts, option: string): HeadAt {
  return namingOption(option, () => existingHead(headAt(choice), architecture));
}

function existingHead({ layer, head }: HeadAt, architecture: Counts): HeadAt {
  const { layers } = architecture;
  const within = (index: number, count: number) =>
    Number.isInteger(index) && index >= 0 && index < count;
  if (within(layer, layers) && within(head, headsIn(architecture, layer))) return { layer, head };
  const nearestTo = (index: number, last: number) =>
    Math.max(0, Math.min(Math.round(Number(index)) || 0, last));
  const near = nearestTo(layer, layers - 1);
  const last = headsIn(architecture, near) - 1;
  const nearest = headName({ layer: near, head: nearestTo(head, last) });
  const there = architecture.headsByLayer
    ? `layer ${near} has heads ${near}.0 to ${near}.${last}`
    : `the model has heads 0.0 to ${layers - 1}.${last}`;
  throw new InputError(
    "unknown-head",
    `${there}, got ${headName({ layer, head })}; nearest: ${nearest}`,
  );
}

/**
 * The heads that `choices` mean: heads, layer.* for all heads of a layer, or * for all; each once, in the order of the choices.
 *
 * @param option where the choices come from, for the error
 * @throws {InputError} "unknown-head"
 */
export function headsCalled(
  choices: readonly HeadChoice[],
  architecture: Counts,
  option: string,
): HeadAt[] {
  const all = namingOption(option, () =>
    headList(choices).flatMap((choice) => {
      if (choice === "*") return allHeads(architecture);
      const layer = typeof choice === "string" ? /^(\d+)\.\*$/.exec(choice.trim())?.[1] : undefined;
      return layer === undefined
        ? [existingHead(headAt(choice), architecture)]
        : Array.from({ length: headsIn(architecture, Number(layer)) }, (_, head) =>
            existingHead({ layer: Number(layer), head }, architecture),
          );
    }),
  );
  return [...new Map(all.map((head) => [headName(head), head])).values()];
}

/** Every head, in order. */
export function allHeads(architecture: Counts): HeadAt[] {
  return Array.from({ length: architecture.layers }, (_, layer) =>
    Array.from({ length: headsIn(architecture, layer) }, (__, head) => ({ layer, head })),
  ).flat();
}

function namingOption<Value>(option: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(error.code, error.message, { option });
    throw error;
  }
}

type Counts = Pick<Architecture, "layers" | "heads" | "headsByLayer">;
