/** @file Cuts a Program where little crosses from one part to the next, so that each part fits a budget of memory. */
import type { Backend } from "../base/backend.ts";
import { slice } from "../graph/edits/slice.ts";
import type { Op } from "../graph/ops.ts";
import { prune, typesOf, type Program } from "../graph/program.ts";
import { float32Bytes, planMemory, type MemoryPlan } from "./memory.ts";
import { scheduled } from "./scheduled.ts";

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
 * where the fewest bytes cross, which is between two layers. A piece that does not fit is as small as it can be.
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
  const needed = prune(program);
  const plan = planMemory(needed, backend, sizes);
  if (plan.totalBytes <= most.whole) return [{ program: needed, reads: [], plan }];
  const types = typesOf(needed);
  const bytesOf = (name: string) => float32Bytes(types.get(name)!.axes, sizes);
  const ordered = scheduled(needed, bytesOf);
  const crossing = crossings(ordered, bytesOf);
  const count = ordered.ops.length;
  const pieces: Piece[] = [];
  for (let start = 0; start < count;) {
    const piece = (end: number) => pieceOf(ordered, start, end, backend, sizes);
    const fitting = lastWhere(start + 1, count, (end) => piece(end).plan.totalBytes <= most.piece);
    const end = fitting === count ? count : narrowest(crossing, start, fitting);
    pieces.push(piece(end));
    start = end;
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
  const reads = [...within.read].filter((name) => before.made.has(name));
  const outputs = [...within.made].filter(
    (name) => after.read.has(name) || program.outputs.includes(name),
  );
  const piece = prune(slice(program, { outputs, from: reads }));
  return { program: piece, reads, plan: planMemory(piece, backend, sizes) };
}

function spanOf(ops: readonly Op[]) {
  return {
    made: new Set(ops.map(({ output }) => output)),
    read: new Set(ops.flatMap(({ inputs }) => inputs)),
  };
}

/** For each operation, the bytes of what is made up to it and read after it. */
function crossings({ ops }: Program, bytesOf: (value: string) => number): number[] {
  const lastRead = new Map<string, number>();
  ops.forEach((op, index) => op.inputs.forEach((name) => lastRead.set(name, index)));
  const changes = new Array<number>(ops.length).fill(0);
  ops.forEach(({ output }, index) => {
    const last = lastRead.get(output);
    if (last === undefined) return;
    changes[index]! += bytesOf(output);
    changes[last]! -= bytesOf(output);
  });
  let alive = 0;
  return changes.map((change) => (alive += change));
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

/** Where to end a piece that may end at `most`: in its second half, where the fewest bytes cross, as late as possible. */
function narrowest(crossing: readonly number[], start: number, most: number): number {
  const first = start + Math.max(1, Math.ceil((most - start) / 2));
  let best = first;
  for (let end = first; end <= most; end++)
    if (crossing[end - 1]! <= crossing[best - 1]!) best = end;
  return best;
}
