/** @file What an engine does with each weight of a Program, and the memory which that takes. */
import type { Backend, Device } from "../base/backend.ts";
import { BLOCK_VALUES, STORED_BYTES } from "../base/bytes.ts";
import { isProcessor } from "../base/devices.ts";
import type { Program, Weight } from "../graph/program.ts";
import { float32Bytes } from "./byteCounts.ts";
import { mayStayHalf } from "./halves.ts";
import { INLINE_BYTES, mapsMemory } from "./placeWeights.ts";

export type PlannedFor = Pick<
  Backend,
  "mapsFiles" | "rounding" | "keepsHalves" | "memoryFolder"
> & {
  readonly device?: Device | undefined;
};

/** What a weight takes, in parts of its float32 size. */
interface Shares {
  /** While the session is made. */
  readonly opening: number;
  /** From then on. */
  readonly open: number;
  /** In the model that the engine is given; left out: 1. */
  readonly inModel?: number;
  /** Whether the room that it was repacked out of stays with the engine's arena. */
  readonly leavesRoom?: boolean;
  /** Whether it is float32 while it is multiplied. */
  readonly isUnpacked?: boolean;
}

/** Bytes that a weight takes, see {@link Shares}. */
export interface WeightNeeds extends Required<Shares> {
  readonly float32: number;
}

/** Four bits for each value and a float32 for 32 of them, of float32's size. */
const BLOCK_SHARE = (1 / 2 + 4 / BLOCK_VALUES) / 4;

/** All that engines do with weights. What is no whole number of copies was measured (bench/memory.js). */
const KINDS = {
  /** Float16 as it is. */
  half: { opening: 1 / 2, open: 1 / 2, isUnpacked: true },
  /** Rounded to float16; meanwhile it is there as it is stored and as float32 too. */
  "rounded to 16 bits": { opening: 3 / 2, open: 1 / 2 },
  /** Codes of eight bits, as they are and repacked; the steps of rounding exist for all weights together. */
  "rounded to 8 bits": { opening: 6.2, open: 1 / 2 },
  /** Multiplied in blocks of four bits as it is; handed over, not mapped, and a part of it repacked. */
  blocks: { opening: 2.5 * BLOCK_SHARE, open: BLOCK_SHARE, inModel: BLOCK_SHARE },
  /** 16 bits as stored, as float32, and repacked. */
  "converted and repacked": { opening: 1.3, open: 1, leavesRoom: true },
  converted: { opening: 1.3, open: 1 },
  /** Float32 that is handed over: the engine copies all of it and repacks a part. What held it is kept for the next piece. */
  "handed over": { opening: 2.6, open: 2 },
  /** Repacked out of the model itself. */
  inside: { opening: 1, open: 1, leavesRoom: true },
  /** Repacked out of its file, or copied to a device. */
  "out of its file": { opening: 1, open: 1 },
  /** A table that stays in its file. */
  "looked up": { opening: 1, open: 1 },
  /** Written into a file in memory, and repacked out of there. */
  "written and repacked": { opening: 2, open: 1 },
  /** A table that stays in a file in memory. */
  written: { opening: 1, open: 1 },
  /** A table, and a factor of products. */
  "written, kept and repacked": { opening: 2, open: 2 },
} as const satisfies Readonly<Record<string, Shares>>;

type WeightKind = keyof typeof KINDS;

/** What looking up rows of a mapped table brings into memory around them. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/** Engines of the processor multiply weights in blocks of four bits as they are stored. */
export function keepsBlocks({ device }: { readonly device?: Device | undefined }): boolean {
  return device === undefined || isProcessor(device);
}

/** Bytes that each weight of `program` takes. */
export function weightNeeds(program: Program, backend: PlannedFor): readonly WeightNeeds[] {
  const kindOf = weightKinds(program, backend);
  return program.weights.map((weight) => {
    const kind = kindOf(weight);
    const {
      opening,
      open,
      inModel = 1,
      leavesRoom = false,
      isUnpacked = false,
    }: Shares = KINDS[kind];
    const float32 = float32Bytes(weight.axes, {});
    const most = kind === "looked up" ? READ_AHEAD_BYTES : Infinity;
    const bytes = (share: number) => Math.min(most, share * float32);
    return {
      float32,
      opening: bytes(opening),
      open: bytes(open),
      inModel: inModel * float32,
      leavesRoom,
      isUnpacked,
    };
  });
}

function weightKinds(program: Program, backend: PlannedFor): (weight: Weight) => WeightKind {
  const { ops, weights } = program;
  const inputsOf = (isProduct: boolean) =>
    new Set(ops.flatMap((op) => ((op.op === "contract") === isProduct ? op.inputs : [])));
  const [multiplied, read] = [inputsOf(true), inputsOf(false)];
  const isInNoFile = ({ stored }: Weight) => stored.source.realPath === undefined;
  const bytesInNoFile = storedBytes(weights.filter(isInNoFile));
  const isInline = storedBytes(weights) <= INLINE_BYTES;
  const isHandedOver = bytesInNoFile > 0 && (isInline || !mapsMemory(backend, bytesInNoFile));
  return (weight) => {
    const { name, stored } = weight;
    const isMultiplied = multiplied.has(name);
    if (backend.rounding?.bits === 16 && isMultiplied) return "rounded to 16 bits";
    if (backend.keepsHalves && !backend.rounding && mayStayHalf(weight)) return "half";
    if (stored.blocks && !read.has(name) && keepsBlocks(backend)) return "blocks";
    if (backend.rounding && isMultiplied) return "rounded to 8 bits";
    if (STORED_BYTES[stored.type] !== 4)
      return isMultiplied ? "converted and repacked" : "converted";
    if (isHandedOver) return "handed over";
    if (isMultiplied && isInline) return "inside";
    if (!keepsBlocks(backend)) return "out of its file"; // other devices have tables too in their memory
    if (!isMultiplied) return isInNoFile(weight) ? "written" : "looked up";
    if (!isInNoFile(weight)) return "out of its file";
    return read.has(name) ? "written, kept and repacked" : "written and repacked";
  };
}

const storedBytes = (weights: readonly Weight[]): number =>
  weights.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
