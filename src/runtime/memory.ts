/** @file How much memory a Program will take, before anything is made: plans are refused rather than killed. */
import { UnableError } from "../base/errors.ts";
import { prune, typesOf, type Program } from "../graph/program.ts";
import type { Backend } from "../base/backend.ts";
import { byteSize } from "../base/byteSize.ts";
import { float32Bytes } from "./byteCounts.ts";
import { freeBytes } from "./memoryBudget.ts";
import { weightNeeds, type PlannedFor, type WeightNeeds } from "./weightNeeds.ts";

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

/** What a first session costs whatever it runs; others beside it cost little. */
export const SESSION_BYTES = 25 * 1024 * 1024;

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
  const needs = weightNeeds(pruned, backend);
  const total = (of: "opening" | "open" | "inModel") => sum(needs.map((weight) => weight[of]));
  const alive = mostAlive(pruned, sizes);
  const keepsRoom = !backend.mapsFiles || !isWithoutArena(ARENA * alive);
  const weightBytes = backend.mapsFiles
    ? total("open") + (keepsRoom ? roomLeft(needs) : 0)
    : WASM_COPIES * total("inModel");
  const whileMade = backend.mapsFiles || backend.rounding ? total("opening") : weightBytes;
  const valueBytes = (keepsRoom ? ARENA : LOOSE) * alive + unpackedBytes(needs);
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
 * of one such weight has it twice).
 */
const roomLeft = (needs: readonly WeightNeeds[]) =>
  Math.max(0, ...needs.map(({ leavesRoom, float32 }) => (leavesRoom ? float32 : 0)));

/** Weights of float16 are float32 while they are multiplied: those of about a layer, until the engine uses their room again (measured). */
const UNPACKED_TOGETHER = 4;

function unpackedBytes(needs: readonly WeightNeeds[]): number {
  const sizes = needs.flatMap(({ isUnpacked, float32 }) => (isUnpacked ? [float32] : []));
  return sum(sizes.toSorted((a, b) => b - a).slice(0, UNPACKED_TOGETHER));
}

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

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
