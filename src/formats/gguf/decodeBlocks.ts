/** @file Blocks of one type as float32, in this thread. */
import { fromBfloat16, fromFloat16, words } from "../readTensor.ts";
import { GGML_TYPES, type GgmlType, type GgmlTypeName } from "./types.ts";

/**
 * Makes float32 of whole blocks of one type: here, or in threads (`decodeInThreads`).
 *
 * @param values where they go: as many as the blocks have
 */
export type Decoder = (
  type: GgmlTypeName,
  blocks: Uint8Array,
  values: Float32Array,
) => Promise<void> | void;

export const decodeBlocks = (
  type: GgmlTypeName,
  blocks: Uint8Array,
  values: Float32Array,
): void => {
  const plain = PLAIN[type];
  if (plain) return values.set(plain(blocks));
  const { dequantise }: GgmlType = GGML_TYPES[type];
  if (!dequantise) throw new Error(`internal: ${type} is not dequantised`);
  dequantise(blocks, values);
};

/** Types that are decoded only where their values are wanted changed, or joined with others. */
const PLAIN: Partial<Record<GgmlTypeName, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => words(Float32Array, bytes),
  F16: (bytes) => fromFloat16(words(Uint16Array, bytes)),
  BF16: (bytes) => fromBfloat16(words(Uint16Array, bytes)),
};
