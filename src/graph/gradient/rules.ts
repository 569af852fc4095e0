/** @file The gradient of every operation of the op table. */
import type { OpName } from "../ops.ts";
import { contract } from "./contract.ts";
import { elementwise } from "./elementwise.ts";
import { functions } from "./functions.ts";
import { addGathered, addPicked, addTaken, gather, pick, take } from "./indexing.ts";
import { gain, norm, scale } from "./norm.ts";
import { mean, stretch, sum } from "./reductions.ts";
import { routed } from "./routedGradient.ts";
import { rotary } from "./rotary.ts";
import type { Rule } from "./rule.ts";
import { convolve, cumulate, recur, shift } from "./sequences.ts";
import { concat, mergeAxes, pad, rename, repeat, slice, splitAxis, transpose } from "./shapes.ts";
import { logSumExp, softmax } from "./softmax.ts";

/** Steps and sizes: they do not change with small changes of x. */
const none: Rule<"greater" | "count" | "topK" | "oneHot"> = ({ inputs }) => inputs.map(() => null);

export const RULES: { readonly [Kind in OpName]: Rule<Kind> } = {
  contract,
  gather,
  take,
  pick,
  ...elementwise,
  ...functions,
  softmax,
  logSumExp,
  sum,
  mean,
  scale,
  norm,
  gain,
  rotary,
  slice,
  concat,
  splitAxis,
  mergeAxes,
  transpose,
  rename,
  repeat,
  greater: none as Rule<"greater">,
  topK: none as Rule<"topK">,
  oneHot: none as Rule<"oneHot">,
  routed,
  stretch,
  count: none as Rule<"count">,
  pad,
  shift,
  cumulate,
  convolve,
  recur,
  addGathered,
  addTaken,
  addPicked,
};
