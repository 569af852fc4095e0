/** @file Many changed runs as rows of shared batches: each begins at the first point that it changes. */
import type { Tensor } from "../base/tensor.ts";
import type { Trace } from "../base/backend.ts";
import { feedsFor } from "./chunks.ts";
import type { Chain } from "./chain.ts";
import type { ChainRun, MetricFeeds, State } from "./chainRun.ts";
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

/** Variants, and what becomes of the metrics of each row. */
export interface VariantRuns extends VariantsFrom {
  /** The numbers of one row of a trace. */
  readonly read: (trace: Trace, row: number, place: VariantRow) => readonly number[];
  /** Takes the numbers of a row. */
  readonly store: (place: VariantRow, numbers: readonly number[]) => void;
}

/** A run of some rows that waits for others. */
interface Waiting {
  readonly key: string;
  readonly rows: readonly VariantRow[];
  readonly run: ChainRun;
  readonly read: (trace: Trace) => number[];
  readonly take: (numbers: readonly number[]) => void;
}

/**
 * Runs variants x examples rows of each group from its point to the metrics, as many rows at a time as fit. Where the stages of
 * the chain take turns in the memory, many runs go through each together, of as many groups as there is room for.
 *
 * @param countRows told how many more rows are done
 */
export async function runVariants(
  chain: Chain,
  groups: Iterable<VariantRuns> | AsyncIterable<VariantRuns>,
  countRows?: (rows: number) => void,
): Promise<void> {
  const waiting: Waiting[] = [];
  for await (const group of groups) {
    for (const run of runsOf(chain, group)) {
      const numbers = await chain.log?.get(run.key);
      if (numbers === undefined) waiting.push(run);
      else {
        run.take(numbers as readonly number[]);
        countRows?.(run.rows.length);
      }
      if (waiting.length >= chain.together) await runTogether(chain, waiting.splice(0), countRows);
    }
  }
  if (waiting.length > 0) await runTogether(chain, waiting, countRows);
}

function* runsOf(chain: Chain, group: VariantRuns): Generator<Waiting> {
  const { from, base, examples, feeds, variants, read, store } = group;
  const start = chain.points.find((point) => point.name === from)!;
  const places = variants.flatMap((_, variant) =>
    Array.from({ length: examples }, (_row, example) => ({ variant, example })),
  );
  for (let first = 0; first < places.length; first += chain.rows) {
    const rows = places.slice(first, first + chain.rows);
    const rowExamples = rows.map(({ example }) => example);
    yield {
      key: chain.nextKey(),
      rows,
      run: {
        from,
        begin: () => takeState(base, start.needs, rowExamples),
        feeds: feedsFor(feeds, rowExamples),
        at: (_, state) => withVariants(state, variants, rows),
      },
      read: (trace) => rows.flatMap((place, row) => read(trace, row, place)),
      take: (numbers) => {
        const each = numbers.length / rows.length;
        rows.forEach((place, row) => store(place, numbers.slice(row * each, (row + 1) * each)));
      },
    };
  }
}

async function runTogether(
  chain: Chain,
  runs: readonly Waiting[],
  countRows?: (rows: number) => void,
): Promise<void> {
  const total = runs.reduce((sum, { rows }) => sum + rows.length, 0);
  let reported = 0;
  await chain.finishAll(
    runs.map(({ run }) => run),
    {
      async take(trace, index) {
        const { key, read, take } = runs[index]!;
        const numbers = read(trace);
        await chain.log?.set(key, numbers);
        take(numbers);
      },
      onShare(share) {
        const more = Math.floor(share * total) - reported;
        reported += more;
        if (more > 0) countRows?.(more);
      },
    },
  );
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
