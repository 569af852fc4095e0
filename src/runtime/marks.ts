/** @file Inputs that follow from the ids of another: where a text ends, which position holds which patch of an image. */
import type { Feeds } from "../base/backend.ts";
import { InputError } from "../base/errors.ts";
import type { Fill } from "../graph/program.ts";

/** Fills that need the numbers of another input. */
export type Following = Extract<Fill, { kind: "markOf" | "placeholdersOf" }>;

/** Whether a fill needs the numbers of another input, not their sizes alone. */
export function follows(fill: Fill): fill is Following {
  return fill.kind === "markOf" || fill.kind === "placeholdersOf";
}

/** @throws {InputError} "tokens" for a row without its mark, or with another number of places than an image has patches */
export function marksOf(fill: Following, shape: readonly number[], feeds: Feeds): Float32Array {
  const ids = feeds.get(fill.of)?.data;
  if (!ids) throw new InputError("feed", `the run needs ${fill.of}, got nothing`);
  return fill.kind === "markOf" ? marks(ids, shape, fill.at) : placeholders(ids, shape, fill.id);
}

/** [batch, position]: 1 at the first position of each row with this id, or with the row's largest, or at its last; else 0. */
function marks(
  ids: ArrayLike<number>,
  shape: readonly number[],
  at: "largest" | "last" | number,
): Float32Array {
  const [rows, length] = shape as readonly [number, number];
  const data = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    if (at === "last") {
      data[row * length + length - 1] = 1;
      continue;
    }
    const own = Array.from({ length }, (_, position) => ids[row * length + position]!);
    const endId = at === "largest" ? own.reduce((most, id) => Math.max(most, id)) : at;
    const place = own.indexOf(endId);
    if (place < 0)
      throw new InputError(
        "tokens",
        `row ${row} needs the end of a text, id ${endId}, and does not have it`,
      );
    data[row * length + place] = 1;
  }
  return data;
}

/** [batch, position, patch]: 1 where the position is the patch-th of its row that has this id; else 0. */
function placeholders(ids: ArrayLike<number>, shape: readonly number[], id: number): Float32Array {
  const [rows, length, patches] = shape as readonly [number, number, number];
  const data = new Float32Array(rows * length * patches);
  for (let row = 0; row < rows; row++) {
    let patch = 0;
    for (let position = 0; position < length; position++) {
      if (ids[row * length + position] !== id) continue;
      if (patch < patches) data[(row * length + position) * patches + patch] = 1;
      patch++;
    }
    if (patch !== patches)
      throw new InputError(
        "tokens",
        `row ${row} needs ${patches} places of an image (id ${id}), one for each of its vectors, got ${patch}`,
      );
  }
  return data;
}
