/** @file How much memory a Program will take, before anything is made: plans are refused rather than killed. */
import { STORED_BYTES } from "../base/bytes.ts";
import { UnableError } from "../base/errors.ts";
import { prune, typesOf, type Program, type Weight } from "../graph/program.ts";
import type { Axis } from "../graph/axes.ts";
import type { Backend } from "../base/backend.ts";
import { byteSize } from "../base/byteSize.ts";

export interface MemoryPlan {
  /** Weights as the engine keeps them, at the worst moment. */
  readonly weightBytes: number;
  /** Values of one run that exist together. */
  readonly valueBytes: number;
  readonly totalBytes: number;
}

/** WASM copies weights into its own memory twice while a session is made (measured: 2.6 to 3.1 times). */
const WASM_COPIES = 3;

/** 16-bit weights exist as such, as float32 and repacked while a session is made (measured: 1.31 of their float32 size). */
const CAST_PEAK = 1.3;

/** An engine's arena grows by doubling and keeps what it has (measured: 1.3 for a few large values, 3.3 for many small). */
const ARENA = 2;

/** What a first session costs whatever it runs; others beside it cost little. */
export const SESSION_BYTES = 25 * 1024 * 1024;

/** What looking up rows of a mapped table brings into memory around them. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/**
 * The memory that a session of `program` will add to the process (bench/peakMemory.js measures it).
 *
 * Native: a weight that is multiplied is repacked (its float32 size); a table that is only looked up stays in its file,
 * of which the rows that are used are read in; 16-bit weights become float32, tables too.
 *
 * @param sizes lengths of the symbols in one run; symbols without one count as 1
 */
export function planMemory(
  program: Program,
  backend: Pick<Backend, "mapsFiles">,
  sizes: Readonly<Record<string, number>>,
): MemoryPlan {
  const pruned = prune(program);
  const multiplied = new Set(pruned.ops.flatMap((op) => (op.op === "contract" ? op.inputs : [])));
  const isCast = ({ stored }: Weight) => STORED_BYTES[stored.type] !== 4;
  const bytesAlive = (weight: Weight) => {
    const size = float32Bytes(weight.axes, {});
    return multiplied.has(weight.name) || isCast(weight) ? size : Math.min(size, READ_AHEAD_BYTES);
  };
  const total = (bytesOf: (weight: Weight) => number) =>
    pruned.weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
  const weightBytes = backend.mapsFiles
    ? total(bytesAlive)
    : WASM_COPIES * total(({ axes }) => float32Bytes(axes, {}));
  const whileMade = backend.mapsFiles
    ? total((weight) => (isCast(weight) ? CAST_PEAK : 1) * bytesAlive(weight))
    : weightBytes;
  const valueBytes = ARENA * mostAlive(pruned, sizes);
  return {
    weightBytes,
    valueBytes,
    totalBytes: SESSION_BYTES + Math.max(whileMade, weightBytes + valueBytes),
  };
}

/**
 * Refuses a plan that this machine has no memory for, before anything is made.
 *
 * @throws {UnableError} with what it needs and what there is
 */
export function checkMemory({ totalBytes }: MemoryPlan, backend: Backend): void {
  const available = backend.availableBytes();
  if (totalBytes <= available) return;
  throw new UnableError(
    `this needs about ${byteSize(totalBytes, "up")} of memory, ${backend.device} has ${byteSize(available, "down")}`,
  );
}

/** The largest sum of values alive at once: inputs all the time, others from where they are made to where they are last read. */
function mostAlive(program: Program, sizes: Readonly<Record<string, number>>): number {
  const types = typesOf(program);
  const lastUse = new Map<string, number>();
  program.ops.forEach((op, index) => op.inputs.forEach((name) => lastUse.set(name, index)));
  for (const name of program.outputs) lastUse.set(name, Infinity);
  const sizesByName = new Map<string, number>();
  let alive = program.inputs.reduce((sum, { axes }) => sum + float32Bytes(axes, sizes), 0);
  let most = alive;
  program.ops.forEach((op, index) => {
    const bytes = op.op === "rename" ? 0 : float32Bytes(types.get(op.output)!.axes, sizes);
    sizesByName.set(op.output, bytes);
    alive += bytes;
    most = Math.max(most, alive);
    for (const name of new Set([...op.inputs, op.output])) {
      if ((lastUse.get(name) ?? index) <= index) alive -= sizesByName.get(name) ?? 0;
    }
  });
  return most;
}

/** Bytes of a value for these lengths of the symbols; symbols without one count as 1. */
export function float32Bytes(
  axes: readonly Axis[],
  sizes: Readonly<Record<string, number>>,
): number {
  return axes.reduce(
    (product, { size }) => product * (typeof size === "number" ? size : (sizes[size] ?? 1)),
    4,
  );
}
