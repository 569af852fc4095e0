/** @file Products of integers of eight bits in place of float32's: codes with a scale for each row of values and column of weights. */
import type { Emitter } from "./emitter.ts";
import { DATA_TYPES } from "./model.ts";

/** Codes of values are 128 + round(value / scale), those of weights round(weight / scale): the mix that processors are built for. */
const [MIDDLE, MOST] = [128, 127];

/** What has only zeros has this scale in place of 0, which nothing can be divided by. */
const LEAST_SCALE = 1e-30;

/**
 * Entries of a token that are multiplied as float32: those of the largest numbers in a run. Streams of language models have a few
 * that are a hundred times as large as all others, beside which a scale would round the others to nothing.
 */
const OUTLIERS = 8;

/** Below this, rounding takes longer than it saves. */
export const LEAST_INNER = 32;

/**
 * values[row, inner] x weights[inner, column]. Each row of values and each column of weights has the scale that takes its largest
 * number to 127, and is off by half a scale at most; what integers are multiplied to is exact. The {@link OUTLIERS} entries
 * of `inner` that have the largest values are left out of the scales and stay float32. Codes of constant weights are computed once, when
 * the session is made.
 */
export function eightBitProduct(emit: Emitter, values: string, weights: string): string {
  const { places, rest } = withoutOutliers(emit, values);
  const rows = roundedCodes(emit, rest, 1);
  const columns = roundedCodes(emit, weights, 0);
  const middle = emit.floats([MIDDLE], []);
  const rowCodes = emit.node("Cast", [emit.node("Add", [rows.codes, middle])], {
    to: DATA_TYPES.uint8,
  });
  const columnCodes = emit.node("Cast", [columns.codes], { to: DATA_TYPES.int8 });
  const columnScales = emit.node("Reshape", [columns.scales, emit.integers([-1])]);
  const product = emit.node(
    "MatMulIntegerToFloat",
    [
      ...[rowCodes, columnCodes, emit.floats([1], []), columnScales],
      emit.constant("uint8", [], Uint8Array.of(MIDDLE)),
    ],
    {},
    undefined,
    "com.microsoft",
  );
  const codesThere = emit.node("Gather", [columnCodes, places], { axis: 0 });
  const weightsThere = emit.node("Mul", [
    emit.node("Cast", [codesThere], { to: DATA_TYPES.float32 }),
    columnScales,
  ]);
  const valuesThere = emit.node("Gather", [values, places], { axis: 1 });
  return emit.node("Gemm", [valuesThere, weightsThere, emit.node("Mul", [product, rows.scales])]);
}

/** @param axis along which all numbers have one scale */
function roundedCodes(emit: Emitter, matrix: string, axis: 0 | 1) {
  const largest = emit.node("ReduceMax", [emit.node("Abs", [matrix]), emit.integers([axis])]);
  const scales = emit.node("Max", [
    emit.node("Div", [largest, emit.floats([MOST], [])]),
    emit.floats([LEAST_SCALE], []),
  ]);
  return { codes: emit.node("Round", [emit.node("Div", [matrix, scales])]), scales };
}

/** Where along `inner` the largest values are, and the values with zeros there. */
function withoutOutliers(emit: Emitter, values: string) {
  const largest = emit.node(
    "ReduceMax",
    [emit.node("Abs", [values]), emit.integers([0])],
    { keepdims: 0 }, // over the rows
  );
  const places = `${values} outliers`;
  emit.once(places, () =>
    emit.node("TopK", [largest, emit.integers([OUTLIERS])], {}, `${places} of`, "", [places]),
  );
  const all = emit.node("Expand", [emit.floats([1], []), emit.node("Shape", [largest])]);
  const none = emit.floats(Array.from({ length: OUTLIERS }, () => 0));
  const isRest = emit.node("ScatterElements", [all, places, none]);
  return { places, rest: emit.node("Mul", [values, isRest]) };
}
