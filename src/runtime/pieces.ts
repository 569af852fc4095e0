/** @file Cuts a Program where little crosses from one part to the next, so that each part fits a budget of memory. */
import type { Backend } from "../base/backend.ts";
import { slice } from "../graph/edits/slice.ts";
import { shareKernel } from "../graph/onnx/lowerNorm.ts";
import type { Op } from "../graph/ops.ts";
import { prune, typesOf, type Program } from "../graph/program.ts";
import { float32Bytes } from "./byteCounts.ts";
import { planMemory, type MemoryPlan } from "./memory.ts";
import { scheduleOps } from "./scheduleOps.ts";

/** A part of a Program that runs by itself. */
export interface Piece {
  readonly program: Program;
  /** Values that an earlier piece makes. */
  readonly reads: readonly string[];
  /** What its session takes, at the worst moment and from then on. */
  readonly plan: MemoryPlan;
}

type Sizes = Readonly<Record<string, number>>;

/**
 * The program whole if it fits, else in pieces, in the order in which they run; each is as long as the budget allows and ends
 * where the fewest bytes cross, which is between two layers. A piece that does not fit is as small as it can be. Operations that
 * run as one kernel stay together: apart, their last digits would be others.
 *
 * @param sizes lengths of the symbols in one run
 * @param most bytes that a session of the whole may take, and that of a piece
 */
export function piecesOf(
  program: Program,
  backend: Pick<Backend, "mapsFiles">,
  sizes: Sizes,
  most: { readonly whole: number; readonly piece: number },
): Piece[] {
  const pruned = prune(program);
  const plan = planMemory(pruned, backend, sizes);
  if (plan.totalBytes <= most.whole) return [{ program: pruned, reads: [], plan }];
  const types = typesOf(pruned);
  const bytesOf = (name: string) => float32Bytes(types.get(name)!.axes, sizes);
  const ordered = scheduleOps(pruned, bytesOf);
  const ends = endsOf(ordered, bytesOf);
  const pieces: Piece[] = [];
  for (let [first, start] = [0, 0]; first < ends.length;) {
    const piece = (last: number) => pieceOf(ordered, start, ends[last]!.before, backend, sizes);
    const fits = (last: number) => piece(last).plan.totalBytes <= most.piece;
    const fitting = lastWhere(first, ends.length - 1, fits);
    const last = fitting === ends.length - 1 ? fitting : narrowest(ends, first, fitting);
    pieces.push(piece(last));
    [first, start] = [last + 1, ends[last]!.before];
  }
  return pieces;
}

/** The operations from `start` to before `end`. */
function pieceOf(
  program: Program,
  start: number,
  end: number,
  backend: Pick<Backend, "mapsFiles">,
  sizes: Sizes,
): Piece {
  const before = spanOf(program.ops.slice(0, start));
  const within = spanOf(program.ops.slice(start, end));
  const after = spanOf(program.ops.slice(end));
  const reads = [...within.read].filter((name) => before.outputs.has(name));
  const outputs = [...within.outputs].filter(
    (name) => after.read.has(name) || program.outputs.includes(name),
  );
  const piece = prune(slice(program, { outputs, from: reads }));
  return { program: piece, reads, plan: planMemory(piece, backend, sizes) };
}

function spanOf(ops: readonly Op[]) {
  return {
    outputs: new Set(ops.map(({ output }) => output)),
    read: new Set(ops.flatMap(({ inputs }) => inputs)),
  };
}

/** A place where a piece may end. */
interface End {
  /** Index of the first operation that no longer belongs to the piece. */
  readonly before: number;
  /** Bytes of what is made until there and read from there on. */
  readonly crossing: number;
}

/** All places where a piece may end, in order; the last is the end of the program. */
function endsOf({ ops }: Program, bytesOf: (value: string) => number): End[] {
  const readers = new Map<string, { first: number; last: number; sealed: number }>();
  const producers = new Map(ops.map((op, index) => [op.output, { op, index }]));
  ops.forEach((reader, index) => {
    for (const name of reader.inputs) {
      const maker = producers.get(name);
      if (!maker) continue;
      const earlier = readers.get(name) ?? { first: maker.index, last: 0, sealed: maker.index };
      const sealed = shareKernel(maker.op, reader) ? index : earlier.sealed;
      readers.set(name, { ...earlier, last: index, sealed });
    }
  });
  const changes = new Array<number>(ops.length).fill(0);
  const seals = new Array<number>(ops.length).fill(0);
  for (const [name, { first, last, sealed }] of readers) {
    changes[first]! += bytesOf(name);
    changes[last]! -= bytesOf(name);
    seals[first]!++;
    seals[sealed]!--;
  }
  let [crossing, sealed] = [0, 0];
  return ops.flatMap((_, index) => {
    crossing += changes[index]!;
    sealed += seals[index]!;
    return sealed === 0 ? [{ before: index + 1, crossing }] : [];
  });
}

/** The largest number from `least` to `most` for which `holds` does, as it does for all below; `least` if it holds for none. */
function lastWhere(least: number, most: number, holds: (value: number) => boolean): number {
  if (holds(most)) return most;
  let [low, high] = [least, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Which end to take of `first` to `most`: in the second half, where the fewest bytes cross, as late as possible. */
function narrowest(ends: readonly End[], first: number, most: number): number {
  let best = first + Math.ceil((most - first) / 2);
  for (let end = best; end <= most; end++)
    if (ends[end]!.crossing <= ends[best]!.crossing) best = end;
  return best;
}
