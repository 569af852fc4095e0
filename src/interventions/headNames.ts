/** @file The heads of a model that names mean. */
import { InputError } from "../base/errors.ts";
import { headList, headName, headNumbers, type HeadAt, type HeadChoice } from "../base/headName.ts";
import type { Architecture } from "../models/family.ts";

/**
 * The head that `choice` means.
 *
 * @throws {InputError} "unknown-head" for a name that is not layer.head, or a head that the model does not have; the nearest is
 *   named
 */
export function headCalled(choice: HeadChoice, { layers, heads }: Architecture): HeadAt {
  const { layer, head } = headNumbers(choice);
  const within = (index: number, count: number) =>
    Number.isInteger(index) && index >= 0 && index < count;
  if (within(layer, layers) && within(head, heads)) return { layer, head };
  const nearest = headName({ layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) });
  throw new InputError(
    "unknown-head",
    `the model has heads 0.0 to ${layers - 1}.${heads - 1}, got ${headName({ layer, head })}; nearest: ${nearest}`,
  );
}

/**
 * The heads that `choices` mean: heads, or layer.* for all heads of a layer; each once, in the order of the choices.
 *
 * @throws {InputError} "unknown-head"
 */
export function headsCalled(choices: readonly HeadChoice[], architecture: Architecture): HeadAt[] {
  const { heads } = architecture;
  const all = headList(choices).flatMap((choice) => {
    const layer = typeof choice === "string" ? /^(\d+)\.\*$/.exec(choice.trim())?.[1] : undefined;
    return layer === undefined
      ? [headCalled(choice, architecture)]
      : Array.from({ length: heads }, (_, head) =>
          headCalled({ layer: Number(layer), head }, architecture),
        );
  });
  return [...new Map(all.map((head) => [headName(head), head])).values()];
}

/** Every head, in order. */
export function allHeads({ layers, heads }: Architecture): HeadAt[] {
  return Array.from({ length: layers * heads }, (_, index) => ({
    layer: Math.floor(index / heads),
    head: index % heads,
  }));
}
