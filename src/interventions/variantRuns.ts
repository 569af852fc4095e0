/** @file Many changed runs as rows of shared batches: each begins at the first point that it changes. */
import type { Tensor } from "../base/tensor.ts";
import type { Trace } from "../base/backend.ts";
import { feedsFor } from "./chunks.ts";
import type { Chain, MetricFeeds, State } from "./chain.ts";
import { takeState, valueOf, withParts, type Part } from "./rows.ts";

/** One value changed in every example: the part becomes what `source` has. */
export interface Change {
  readonly value: string;
  /** Values for all examples of the base, [examples, ...]. */
  readonly source: Tensor;
  readonly part: Part;
  /** Which example of `source` each example gets; left out: its own. */
  readonly exampleOf?: ((example: number) => number) | undefined;
}

/** A run with some changes, all at or after the point that it begins at. */
export type Variant = readonly Change[];

export interface VariantsFrom {
  /** The point at which all of them begin. */
  readonly from: string;
  readonly base: State;
  readonly examples: number;
  readonly feeds: MetricFeeds;
  readonly variants: readonly Variant[];
}

export interface VariantRow {
  readonly variant: number;
  readonly example: number;
}

export interface VariantReader {
  /** The numbers of one row of a trace. */
  readonly read: (trace: Trace, row: number, place: VariantRow) => readonly number[];
  /** Takes the numbers of a row. */
  readonly put: (place: VariantRow, numbers: readonly number[]) => void;
  /** Told how many rows a run had. */
  readonly ran?: ((rows: number) => void) | undefined;
}

/** Runs variants x examples rows from `from` to the metrics, as many at a time as fit. */
export async function runVariants(
  chain: Chain,
  { from, base, examples, feeds, variants }: VariantsFrom,
  { read, put, ran }: VariantReader,
): Promise<void> {
  const start = chain.points.find((point) => point.name === from)!;
  const places = variants.flatMap((_, variant) =>
    Array.from({ length: examples }, (_row, example) => ({ variant, example })),
  );
  for (let first = 0; first < places.length; first += chain.rows) {
    const now = places.slice(first, first + chain.rows);
    const rowExamples = now.map(({ example }) => example);
    const numbers = await chain.once(async () => {
      const trace = await chain.finish(
        takeState(base, start.needs, rowExamples),
        from,
        feedsFor(feeds, rowExamples),
        (_, state) => withVariants(state, variants, now),
      );
      return now.flatMap((place, row) => read(trace, row, place));
    });
    const each = numbers.length / now.length;
    now.forEach((place, row) => put(place, numbers.slice(row * each, (row + 1) * each)));
    ran?.(now.length);
  }
}

/** A state in which every row has the same changes. */
export function changedState(state: State, changes: Variant, examples: number): State {
  const rows = Array.from({ length: examples }, (_, example) => ({ variant: 0, example }));
  return withVariants(state, [changes], rows);
}

/** Applies the changes of values that have just come into the state. */
function withVariants(
  state: State,
  variants: readonly Variant[],
  places: readonly VariantRow[],
): State {
  const all = places.flatMap(({ variant, example }, row) =>
    variants[variant]!.filter(({ value }) => state.has(value)).map((change) => ({
      ...change,
      row,
      example: change.exampleOf?.(example) ?? example,
    })),
  );
  const names = new Set(all.map(({ value }) => value));
  return new Map([
    ...state,
    ...[...names].map(
      (name) =>
        [
          name,
          withParts(
            valueOf(state, name),
            all.filter(({ value }) => value === name),
          ),
        ] as const,
    ),
  ]);
}
