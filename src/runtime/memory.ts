/** @file How much memory a Program will take, before anything is made: plans are refused rather than killed. */
import { BLOCK_VALUES, STORED_BYTES } from "../base/bytes.ts";
import { UnableError } from "../base/errors.ts";
import { prune, typesOf, type Program, type Weight } from "../graph/program.ts";
import type { Axis } from "../graph/axes.ts";
import type { Backend, Device } from "../base/backend.ts";
import { byteSize } from "../base/byteSize.ts";
import { mayStayHalf } from "./halves.ts";
import { freeBytes } from "./memoryBudget.ts";
import { INLINE_BYTES, mapsMemory } from "./placeWeights.ts";

export interface MemoryPlan {
  /** Weights as the engine keeps them, at the worst moment. */
  readonly weightBytes: number;
  /** Values of one run that exist together. */
  readonly valueBytes: number;
  readonly totalBytes: number;
  /** Whether the session should keep what its runs take. */
  readonly keepsRoom: boolean;
}

/** WASM copies weights into its own memory twice while a session is made (measured: 2.6 to 3.1 times). */
const WASM_COPIES = 3;

/** 16-bit weights exist as such, as float32 and repacked while a session is made (measured: 1.31 of their float32 size). */
const CAST_PEAK = 1.3;

/**
 * Float32 weights that are computed or in memory and that are handed over exist twice while a session is made and a part of them repacked
 * (measured: 2.5 to 2.7 times their size), and the memory that held them is kept for the next piece.
 */
const [HANDED_COPIES, HANDED_PEAK] = [2, 2.6];

/** An engine's arena grows by doubling and keeps what it has (measured: 1.3 for a few large values, 3.3 for many small). */
const ARENA = 2;

/**
 * Values of one run that a session has again from the system's allocator as fast as from an arena of its own: glibc keeps what it was given back
 * in blocks up to the larger size, and below the smaller one an arena takes little and is a tenth faster. A verdict's hundred sessions took 3.0 GB with
 * arenas and 1.9 without, in the same time.
 */
const WITHOUT_ARENA = { least: 8 * 1024 * 1024, most: 32 * 1024 * 1024 };

/** What lies between the blocks of such a session. */
const LOOSE = 1.3;

/** Four bits for each value and a float32 for 32 of them, of float32's size. */
const BLOCK_SHARE = (1 / 2 + 4 / BLOCK_VALUES) / 4;

/** Such weights are handed over, not mapped: they exist twice while a session is made, and a part of them repacked. */
const BLOCK_PEAK = 2.5;

/** Engines of the processor multiply weights in blocks of four bits as they are stored. */
export function keepsBlocks({ device }: { readonly device?: Device | undefined }): boolean {
  return device === undefined || device === "cpu" || device === "wasm";
}

/** Weights of float16 are float32 while they are multiplied: those of about a layer, until the engine uses their room again (measured). */
const UNPACKED_TOGETHER = 4;

/** Codes of eight bits, as they are and repacked, of float32's size. */
const ROUNDED_SHARE = 1 / 2;

/** The steps of rounding exist for all weights together while a session is made (measured: 6.2 times their float32 size). */
const ROUNDED_PEAK = 6.2 / ROUNDED_SHARE;

/** What a first session costs whatever it runs; others beside it cost little. */
export const SESSION_BYTES = 25 * 1024 * 1024;

/** What looking up rows of a mapped table brings into memory around them. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/**
 * The memory that a session of `program` will add to the process (bench/peakMemory.js measures it).
 *
 * Native: a weight that is multiplied is repacked (its float32 size); a table that is only looked up stays in its file,
 * of which the rows that are used are read in; 16-bit weights become float32, tables too. Weights that lie in no file are written into memory
 * and mapped there: those that are repacked exist twice while the session is made. If there is no room for them, all weights are handed over.
 *
 * @param sizes lengths of the symbols in one run; symbols without one count as 1
 */
export function planMemory(
  program: Program,
  backend: PlannedFor,
  sizes: Readonly<Record<string, number>>,
): MemoryPlan {
  const pruned = prune(program);
  const kindOf = weightKinds(pruned, backend);
  const total = (bytesOf: (weight: Weight, kind: WeightKind, float32: number) => number) =>
    pruned.weights.reduce(
      (sum, weight) => sum + bytesOf(weight, kindOf(weight), float32Bytes(weight.axes, {})),
      0,
    );
  const bytesAlive = (_: Weight, kind: WeightKind, size: number) => {
    if (kind === "blocks") return BLOCK_SHARE * size;
    if (kind === "rounded") return ROUNDED_SHARE * size;
    if (kind === "handed over") return HANDED_COPIES * size;
    if (kind === "half" || kind === "float16") return size / 2;
    if (kind === "kept and repacked") return 2 * size;
    return kind === "looked up" ? Math.min(size, READ_AHEAD_BYTES) : size;
  };
  const alive = mostAlive(pruned, sizes);
  const keepsRoom = !backend.mapsFiles || !isWithoutArena(ARENA * alive);
  const weightBytes = backend.mapsFiles
    ? total(bytesAlive) + (keepsRoom ? roomLeft(pruned, kindOf) : 0)
    : WASM_COPIES * total(bytesInWasm);
  const whileMade =
    backend.mapsFiles || backend.rounding
      ? total((weight, kind, size) => PEAKS[kind] * bytesAlive(weight, kind, size))
      : weightBytes;
  const valueBytes = (keepsRoom ? ARENA : LOOSE) * alive + unpackedBytes(pruned, kindOf);
  return {
    weightBytes,
    valueBytes,
    totalBytes: SESSION_BYTES + Math.max(whileMade, weightBytes + valueBytes),
    keepsRoom,
  };
}

function isWithoutArena(bytes: number): boolean {
  return bytes >= WITHOUT_ARENA.least && bytes <= WITHOUT_ARENA.most;
}

/**
 * An engine's arena keeps the room of weights that were repacked out of it: that of the largest, which the others had again (measured: a session
 * of one such weight has it twice). Weights in mapped files are in no arena.
 */
function roomLeft(program: Program, kindOf: (weight: Weight) => WeightKind): number {
  const { weights } = program;
  const multiplied = multipliedIn(program);
  const isInline = storedBytes(weights) <= INLINE_BYTES;
  const isInArena = (kind: WeightKind) => kind === "cast" || (kind === "multiplied" && isInline);
  const sizes = weights.map((weight) =>
    multiplied.has(weight.name) && isInArena(kindOf(weight)) ? float32Bytes(weight.axes, {}) : 0,
  );
  return Math.max(0, ...sizes);
}

const storedBytes = (weights: readonly Weight[]): number =>
  weights.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);

type PlannedFor = Pick<Backend, "mapsFiles" | "rounding" | "keepsHalves" | "memoryFolder"> & {
  readonly device?: Device | undefined;
};

function unpackedBytes({ weights }: Program, kindOf: (weight: Weight) => WeightKind): number {
  const sizes = weights.flatMap((weight) =>
    kindOf(weight) === "half" ? [float32Bytes(weight.axes, {})] : [],
  );
  const largest = sizes.toSorted((a, b) => b - a).slice(0, UNPACKED_TOGETHER);
  return largest.reduce((sum, size) => sum + size, 0);
}

type WeightKind =
  | "half"
  | "float16"
  | "blocks"
  | "rounded"
  | "cast"
  | "multiplied"
  | "looked up"
  | "handed over"
  // Written into memory and mapped there:
  | "repacked"
  | "kept"
  | "kept and repacked";

const PEAKS: Readonly<Record<WeightKind, number>> = {
  half: 1,
  float16: 3, // as they are stored and as float32 too
  blocks: BLOCK_PEAK,
  rounded: ROUNDED_PEAK,
  cast: CAST_PEAK,
  multiplied: 1,
  "looked up": 1,
  "handed over": HANDED_PEAK / HANDED_COPIES,
  repacked: 2,
  kept: 1,
  "kept and repacked": 1,
};

const bytesInWasm = (_: Weight, kind: WeightKind, size: number) =>
  kind === "blocks" ? BLOCK_SHARE * size : size;

/** Names of what products read. */
function multipliedIn({ ops }: Program): ReadonlySet<string> {
  return new Set(ops.flatMap((op) => (op.op === "contract" ? op.inputs : [])));
}

/** What the engine does with a weight. */
function weightKinds(program: Program, backend: PlannedFor): (weight: Weight) => WeightKind {
  const { ops, weights } = program;
  const read = new Set(ops.flatMap((op) => (op.op === "contract" ? [] : op.inputs)));
  const multiplied = multipliedIn(program);
  const isInNoFile = ({ stored }: Weight) => stored.source.realPath === undefined;
  const bytesInNoFile = storedBytes(weights.filter(isInNoFile));
  const isWritten =
    bytesInNoFile > 0 && storedBytes(weights) > INLINE_BYTES && mapsMemory(backend, bytesInNoFile);
  return (weight) => {
    const { name, stored } = weight;
    if (backend.rounding?.bits === 16 && multiplied.has(name)) return "float16";
    if (backend.keepsHalves && !backend.rounding && mayStayHalf(weight)) return "half";
    if (stored.blocks && !read.has(name) && keepsBlocks(backend)) return "blocks";
    if (backend.rounding && multiplied.has(name)) return "rounded";
    if (STORED_BYTES[stored.type] !== 4) return "cast";
    if (bytesInNoFile > 0 && !isWritten) return "handed over";
    if (!keepsBlocks(backend)) return "multiplied"; // other devices have all in their memory
    if (!multiplied.has(name)) return isInNoFile(weight) ? "kept" : "looked up";
    if (!isInNoFile(weight)) return "multiplied";
    return read.has(name) ? "kept and repacked" : "repacked";
  };
}

/**
 * Refuses a plan that there is no memory for, on the device or the machine, before anything is made.
 *
 * @throws {UnableError} with what it needs and what there is
 */
export function checkMemory(
  { totalBytes }: Pick<MemoryPlan, "totalBytes">,
  backend: Backend,
): void {
  const available = freeBytes(backend);
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

/** Bytes of some values of a program together. */
export function bytesOfValues(
  program: Program,
  names: Iterable<string>,
  sizes: Readonly<Record<string, number>>,
): number {
  const types = typesOf(program);
  return [...names].reduce((sum, name) => sum + float32Bytes(types.get(name)!.axes, sizes), 0);
}
