/** @file `score-patterns`: conventions on attention that somebody else computed. No model, nothing is run. */
import { InputError } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import { tokensHash } from "../../inputs/tokensHash.ts";
import type { PatternsResult, Mask } from "./result.ts";
import { verifyRepeats, verifyTokens } from "../../text/patterns/verifyTokens.ts";
import { attentionLayers, type AttentionArray, type AttentionLayers } from "./attentionLayers.ts";
import { checkAttention } from "./checkAttention.ts";
import {
  patternMeasures,
  uniformPattern,
  type PatternMeasure,
  type SequenceInput,
} from "../detector/patternMeasures.ts";
import {
  SCORE_PATTERNS_OPTIONS,
  patternsPlan,
  type PatternTokens,
  type ScorePatternsOptions,
} from "./plan.ts";
import { patternsResultOf, type MeasuredConvention, type SequenceScores } from "./buildResult.ts";
import { checkOptionNames } from "../../base/optionNames.ts";

/**
 * Scores the heads of attention arrays by every linear convention that fits their mask and tokens.
 *
 * @param arrays one [layer, batch, head, query, key], or one [batch, head, query, key] per layer, after softmax
 * @returns means over sequences, `[layer][head]`, with the null and ceiling that each convention has on these tokens
 * @throws {InputError} "attention" for NaN, rows that do not sum to 1 or future positions; "shape" for arrays that do
 *   not fit each other or the tokens; "tokens" for repeats that are not there
 */
export async function scorePatterns(
  arrays: ReadonlyMap<string, AttentionArray>,
  own: PatternTokens,
  options: ScorePatternsOptions,
): Promise<PatternsResult> {
  checkOptionNames("scorePatterns", options, SCORE_PATTERNS_OPTIONS);
  const plan = patternsPlan(options);
  const { mask } = plan;
  const attention = await attentionLayers(arrays);
  const { tokens, keyTokens, start } = checkedTokens(own, attention, mask);
  const looksAhead = checkAttention(attention, mask);
  const inputs = sequencesOf(tokens, keyTokens, { start, period: own.period ?? 0 });
  const measures = patternMeasures(mask, own.period !== undefined);
  const measured = measureAll(measures, inputs, attention, mask);
  return patternsResultOf({
    attention,
    own,
    plan,
    measured,
    tokensSha256: await tokensHash(tokens.data),
    warnings:
      mask === "none" && !looksAhead
        ? ["the mask is none, but no head attends to a later position: is it causal?"]
        : [],
  });
}

/** Any id: what the tokens mean is not known here. */
const ANY_VOCABULARY = 2 ** 31;

function checkedTokens(own: PatternTokens, { shape }: AttentionLayers, mask: Mask) {
  const [batch, , queries, keys] = shape;
  if (mask !== "cross" && queries !== keys) {
    const got = `${queries} queries and ${keys} keys`;
    throw new InputError("shape", `mask ${mask} needs as many queries as keys, got ${got}`);
  }
  if ((own.keyTokens !== undefined) !== (mask === "cross")) {
    const got = own.keyTokens === undefined ? "none" : "some";
    throw new InputError("tokens", `keyTokens belong to mask cross, got ${got} with ${mask}`);
  }
  if (own.period !== undefined && (own.bos === undefined || mask === "cross")) {
    const why = mask === "cross" ? "fits no cross attention" : "needs bos, true or false";
    throw new InputError("tokens", `a period ${why}, got period ${own.period}`);
  }
  const tokens = verifyTokens(own.tokens, ANY_VOCABULARY);
  const keyTokens = own.keyTokens ? verifyTokens(own.keyTokens, ANY_VOCABULARY) : tokens;
  checkSize("tokens", tokens, [batch, queries]);
  checkSize("keyTokens", keyTokens, [batch, keys]);
  const start = own.bos === true ? 1 : 0;
  if (own.period !== undefined) verifyRepeats(tokens, { start, period: own.period });
  return { tokens, keyTokens, start };
}

function checkSize(what: string, { shape }: Tensor<Int32Array>, size: readonly number[]): void {
  if (shape.join() === size.join()) return;
  throw new InputError(
    "shape",
    `attention of ${size.join(" sequences x ")} positions needs as many ${what}, got ${shape.join(" x ")}`,
  );
}

function sequencesOf(
  tokens: Tensor<Int32Array>,
  keyTokens: Tensor<Int32Array>,
  layout: { readonly start: number; readonly period: number },
): SequenceInput[] {
  const rowOf = ({ data, shape }: Tensor<Int32Array>, row: number) =>
    data.subarray(row * shape[1]!, (row + 1) * shape[1]!);
  return Array.from({ length: tokens.shape[0]! }, (_, row) => ({
    ...layout,
    length: tokens.shape[1]!,
    tokens: rowOf(tokens, row),
    keyTokens: rowOf(keyTokens, row),
  }));
}

/** Sequences on which a formula is not defined are left out of its mean. */
function measureAll(
  measures: Readonly<Record<string, PatternMeasure>>,
  inputs: readonly SequenceInput[],
  attention: AttentionLayers,
  mask: Mask,
): MeasuredConvention[] {
  const uniform = uniformPattern(mask, attention.shape[2], attention.shape[3]);
  const measured = Object.entries(measures).map(([convention, measure]) => {
    const { formula, source, finds } = measure;
    const sequences: SequenceScores[] = [];
    return { measure, result: { convention, formula, source, finds, sequences, why: "" } };
  });
  inputs.forEach((input, row) => {
    const pattern = patternOf(attention, row);
    for (const { measure, result } of measured) {
      try {
        const ceiling = measure.ceiling(input);
        if (ceiling <= 0) throw new InputError("tokens", "no attention can score on these tokens");
        const scores = Float64Array.from(measure.scores(pattern, input));
        const floor = measure.scores(uniform, input)[0]!;
        result.sequences.push({ scores, null: floor, ceiling });
      } catch (error) {
        if (!(error instanceof InputError && error.code === "tokens")) throw error;
        result.why = error.message;
      }
    }
  });
  return measured.map(({ result }) => result);
}

/** The heads of all layers on one sequence, axes [head, query, key]; layer by layer. */
function patternOf({ layers, shape, values }: AttentionLayers, row: number): Tensor {
  const [, heads, queries, keys] = shape;
  const size = heads * queries * keys;
  const data = new Float32Array(layers.length * size);
  values.forEach((attention, layer) =>
    data.set(attention.subarray(row * size, (row + 1) * size), layer * size),
  );
  return tensor(["head", "query", "key"], [layers.length * heads, queries, keys], data);
}
