/** @file Tensor types of ggml: https://github.com/ggml-org/ggml/blob/master/include/ggml.h (enum ggml_type). */
import type { Dequantise } from "./dequantise/blocks.ts";
import { iq1_M } from "./dequantise/iq1_M.ts";
import { iq1_S } from "./dequantise/iq1_S.ts";
import { iq2_S } from "./dequantise/iq2_S.ts";
import { iq2_XS } from "./dequantise/iq2_XS.ts";
import { iq2_XXS } from "./dequantise/iq2_XXS.ts";
import { iq3_S } from "./dequantise/iq3_S.ts";
import { iq3_XXS } from "./dequantise/iq3_XXS.ts";
import { iq4_NL } from "./dequantise/iq4_NL.ts";
import { iq4_XS } from "./dequantise/iq4_XS.ts";
import { mxfp4 } from "./dequantise/mxfp4.ts";
import { nvfp4 } from "./dequantise/nvfp4.ts";
import { tq1_0 } from "./dequantise/tq1_0.ts";
import { tq2_0 } from "./dequantise/tq2_0.ts";
import { f64, i16, i32, i64, i8 } from "./dequantise/numbers.ts";
import { q1_0 } from "./dequantise/q1_0.ts";
import { q2_0 } from "./dequantise/q2_0.ts";
import { q2_K } from "./dequantise/q2_K.ts";
import { q3_K } from "./dequantise/q3_K.ts";
import { q4_0 } from "./dequantise/q4_0.ts";
import { q4_1 } from "./dequantise/q4_1.ts";
import { q4_K } from "./dequantise/q4_K.ts";
import { q5_0 } from "./dequantise/q5_0.ts";
import { q5_1 } from "./dequantise/q5_1.ts";
import { q5_K } from "./dequantise/q5_K.ts";
import { q6_K } from "./dequantise/q6_K.ts";
import { q8_0 } from "./dequantise/q8_0.ts";

/** How values of one type are stored: blocks of so many values in so many bytes, along the innermost axis. */
export interface GgmlType {
  readonly id: number;
  readonly blockValues: number;
  readonly blockBytes: number;
  /** Absent for types that need none (F32, F16, BF16) and for those that files do not have (Q8_1, Q8_K). */
  readonly dequantise?: Dequantise;
}

/** Every type that ggml has today, by name, so that sizes can be checked even where values cannot be used. */
export const GGML_TYPES = {
  F32: { id: 0, blockValues: 1, blockBytes: 4 },
  F16: { id: 1, blockValues: 1, blockBytes: 2 },
  BF16: { id: 30, blockValues: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockValues: 32, blockBytes: 18, dequantise: q4_0 },
  Q4_1: { id: 3, blockValues: 32, blockBytes: 20, dequantise: q4_1 },
  Q5_0: { id: 6, blockValues: 32, blockBytes: 22, dequantise: q5_0 },
  Q5_1: { id: 7, blockValues: 32, blockBytes: 24, dequantise: q5_1 },
  Q8_0: { id: 8, blockValues: 32, blockBytes: 34, dequantise: q8_0 },
  Q2_K: { id: 10, blockValues: 256, blockBytes: 84, dequantise: q2_K },
  Q3_K: { id: 11, blockValues: 256, blockBytes: 110, dequantise: q3_K },
  Q4_K: { id: 12, blockValues: 256, blockBytes: 144, dequantise: q4_K },
  Q5_K: { id: 13, blockValues: 256, blockBytes: 176, dequantise: q5_K },
  Q6_K: { id: 14, blockValues: 256, blockBytes: 210, dequantise: q6_K },
  Q8_1: { id: 9, blockValues: 32, blockBytes: 40 },
  Q8_K: { id: 15, blockValues: 256, blockBytes: 292 },
  IQ2_XXS: { id: 16, blockValues: 256, blockBytes: 66, dequantise: iq2_XXS },
  IQ2_XS: { id: 17, blockValues: 256, blockBytes: 74, dequantise: iq2_XS },
  IQ3_XXS: { id: 18, blockValues: 256, blockBytes: 98, dequantise: iq3_XXS },
  IQ1_S: { id: 19, blockValues: 256, blockBytes: 50, dequantise: iq1_S },
  IQ4_NL: { id: 20, blockValues: 32, blockBytes: 18, dequantise: iq4_NL },
  IQ3_S: { id: 21, blockValues: 256, blockBytes: 110, dequantise: iq3_S },
  IQ2_S: { id: 22, blockValues: 256, blockBytes: 82, dequantise: iq2_S },
  IQ4_XS: { id: 23, blockValues: 256, blockBytes: 136, dequantise: iq4_XS },
  I8: { id: 24, blockValues: 1, blockBytes: 1, dequantise: i8 },
  I16: { id: 25, blockValues: 1, blockBytes: 2, dequantise: i16 },
  I32: { id: 26, blockValues: 1, blockBytes: 4, dequantise: i32 },
  I64: { id: 27, blockValues: 1, blockBytes: 8, dequantise: i64 },
  F64: { id: 28, blockValues: 1, blockBytes: 8, dequantise: f64 },
  IQ1_M: { id: 29, blockValues: 256, blockBytes: 56, dequantise: iq1_M },
  TQ1_0: { id: 34, blockValues: 256, blockBytes: 54, dequantise: tq1_0 },
  TQ2_0: { id: 35, blockValues: 256, blockBytes: 66, dequantise: tq2_0 },
  MXFP4: { id: 39, blockValues: 32, blockBytes: 17, dequantise: mxfp4 },
  NVFP4: { id: 40, blockValues: 64, blockBytes: 36, dequantise: nvfp4 },
  Q1_0: { id: 41, blockValues: 128, blockBytes: 18, dequantise: q1_0 },
  Q2_0: { id: 42, blockValues: 64, blockBytes: 18, dequantise: q2_0 },
} as const satisfies Readonly<Record<string, GgmlType>>;
export type GgmlTypeName = keyof typeof GGML_TYPES;

/** Types that ggml had once, by their number. */
export const REMOVED_TYPES: ReadonlyMap<number, string> = new Map([
  [4, "Q4_2"],
  [5, "Q4_3"],
  [31, "Q4_0_4_4"],
  [32, "Q4_0_4_8"],
  [33, "Q4_0_8_8"],
  [36, "IQ4_NL_4_4"],
  [37, "IQ4_NL_4_8"],
  [38, "IQ4_NL_8_8"],
]);

/** The name of the type that files number `id`; undefined for a number that ggml does not use. */
export function ggmlTypeName(id: number): GgmlTypeName | undefined {
  const names = Object.keys(GGML_TYPES) as GgmlTypeName[];
  return names.find((name) => GGML_TYPES[name].id === id);
}
