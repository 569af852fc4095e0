/** @file `induction-lens/measure`: arrays to numbers, and the token rows that they are measured on; no model needed. */
export { random, type Random } from "./base/random.ts";
export { analyseHeadAttention } from "./studies/detector/analyseHeadAttention.ts";
export { tensor, type Tensor, type TensorData } from "./base/tensor.ts";
export {
  attentionTables,
  ATTENTION_SCORES,
  type AttentionScore,
} from "./measure/attentionTables.ts";
export { bestHead } from "./measure/bestHead.ts";
export { contract } from "./measure/contract.ts";
export {
  changePoint,
  changeSearch,
  type ChangeFinding,
  type ChangeOptions,
  type ChangePoint,
} from "./measure/changePoint.ts";
export type { Convention, MeasuredInput } from "./measure/convention.ts";
export { CONVENTIONS } from "./measure/conventions.ts";
export { INDUCTION_ATTENTION, isSubstantialInduction } from "./measure/attendsLikeInduction.ts";
export { headDepth } from "./measure/headDepth.ts";
export { headBehaviour, type HeadBehaviour } from "./measure/headBehaviour.ts";
export { idealHeads, IDEAL_HEADS, type IdealHead } from "./measure/idealHeads.ts";
export {
  FEWEST_FOR_INTERVAL,
  meanInterval,
  scoreInterval,
  type Interval,
} from "./measure/interval.ts";
export { copyLosses, type CopyLosses, olssonInContextScore } from "./measure/losses.ts";
export {
  detectorScores,
  legacyDetectorScores,
  type DetectorScores,
} from "./measure/prefixDetector.ts";
export { repeatedPlaces, type RepeatedPlace } from "./measure/repeatedPlaces.ts";
export type { Repeats } from "./measure/repeats.ts";
export { uniformOf, uniformScores, type Sight } from "./measure/uniformScores.ts";
export {
  allPatterns,
  PATTERN_NAMES,
  tokenPattern,
  type GeneratorOptions,
  type MeasuredPattern,
  type PatternName,
} from "./text/patterns/generators.ts";
export { disjointControl, reshuffledControl } from "./text/patterns/controls.ts";
export { ordinaryTokens } from "./text/patterns/ordinaryTokens.ts";
export { logSumExp, softmax } from "./measure/softmax.ts";
export { repeatedTokens } from "./text/patterns/repeatedTokens.ts";
export type { PatternOptions, TokenPattern } from "./text/patterns/tokenPattern.ts";
