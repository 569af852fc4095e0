/** @file Coded tensors that become float32 where they are read, and not before: nothing decoded is kept. */
import type { StoredTensor } from "../../base/bytes.ts";
import { computedTensor } from "../computedTensor.ts";
import { blockReader } from "./blockReader.ts";
import type { Decoder } from "./decodeBlocks.ts";
import { GGML_TYPES } from "./types.ts";
import { valuesOf, type BlockRun, type WantedTensor } from "./wantedTensor.ts";

/** Values of a tensor one after another that are read alike. */
interface Stretch {
  readonly count: number;
  /** Writes as many of them as `values` has, from the `first` on. */
  readonly read: (first: number, values: Float32Array) => Promise<void>;
}

export function decodedOnRead(
  { shape, runs, change }: WantedTensor,
  decoder: Decoder,
): StoredTensor {
  const stretches = change
    ? groups(runs, change.runs).map((together) => changedStretch(together, change.of, decoder))
    : blockStretches(runs, decoder);
  return computedTensor(runs[0]!.source.name, shape, joinedStretch(stretches).read);
}

function joinedStretch(stretches: readonly Stretch[]): Stretch {
  const starts = [0];
  for (const { count } of stretches) starts.push(starts.at(-1)! + count);
  return {
    count: starts.at(-1)!,
    read: async (first, values) => {
      const end = first + values.length;
      const reads = stretches.map(async ({ read }, index) => {
        const from = Math.max(first, starts[index]!);
        const to = Math.min(end, starts[index + 1]!);
        if (from < to) await read(from - starts[index]!, values.subarray(from - first, to - first));
      });
      await Promise.all(reads);
    },
  };
}

/** Neighbours of one type are read together. */
function blockStretches(runs: readonly BlockRun[], decoder: Decoder): Stretch[] {
  const together: BlockRun[][] = [];
  for (const run of runs) {
    const last = together.at(-1);
    if (last && last[0]!.type === run.type) last.push(run);
    else together.push([run]);
  }
  return together.map((each) => blockStretch(each, decoder));
}

/** Whole blocks go where they belong; of one that is cut, what is wanted is copied there. */
function blockStretch(runs: readonly BlockRun[], decoder: Decoder): Stretch {
  const { type } = runs[0]!;
  const { blockValues } = GGML_TYPES[type];
  const blocksFrom = blockReader(runs);
  return {
    count: runs.reduce((sum, run) => sum + valuesOf(run), 0),
    read: async (first, values) => {
      const from = Math.floor(first / blockValues);
      const count = Math.ceil((first + values.length) / blockValues) - from;
      const blocks = await blocksFrom(from, count);
      if (count * blockValues === values.length) return decoder(type, blocks, values);
      const decoded = new Float32Array(count * blockValues);
      await decoder(type, blocks, decoded);
      const start = first - from * blockValues;
      values.set(decoded.subarray(start, start + values.length));
    },
  };
}

/** Values that are changed together are decoded together, whichever of them are wanted. */
function changedStretch(
  runs: readonly BlockRun[],
  change: (values: Float32Array) => Float32Array,
  decoder: Decoder,
): Stretch {
  const { count, read } = joinedStretch(blockStretches(runs, decoder));
  const changedValues = async () => {
    const values = new Float32Array(count);
    await read(0, values);
    return change(values);
  };
  let changedOnce: Promise<Float32Array> | undefined; // from the first part that is read to the last
  return {
    count,
    read: async (first, values) => {
      const reading = (changedOnce ??= changedValues());
      const end = first + values.length;
      if (end === count) changedOnce = undefined;
      const changed = await reading.catch((error: unknown) => {
        changedOnce = undefined;
        throw error;
      });
      values.set(changed.subarray(first, end));
    },
  };
}

function groups(runs: readonly BlockRun[], size: number): BlockRun[][] {
  return Array.from({ length: Math.ceil(runs.length / size) }, (_, group) =>
    runs.slice(group * size, (group + 1) * size),
  );
}
