/** @file The rows that a study measures: generated as `[BOS] r r`, or the user's own, exactly as they are. */
import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { drawnTokens } from "../models/drawnTokens.ts";
import type { Architecture } from "../models/family.ts";
import type { InputInfo } from "../results/common.ts";
import { fitPeriod } from "../text/patterns/fitPeriod.ts";
import { repeatedTokens } from "../text/patterns/repeatedTokens.ts";
import { verifyRepeats, verifyTokens } from "../text/patterns/verifyTokens.ts";
import { tokensHash } from "./tokensHash.ts";
import { reachWarnings } from "./windowReach.ts";
import type { OptionNames } from "../base/optionNames.ts";
import { checkWholeNumber } from "../base/checkWholeNumber.ts";

/** Whether rows begin with BOS: as the model and its tokenizer say, always, never, or always with this id. */
export type BosChoice = "auto" | "on" | "off" | number;

/** Token rows that somebody brings: column 0 is BOS if `bos`. */
export interface OwnTokens {
  readonly tokens: readonly (readonly number[])[];
  readonly period: number;
  readonly bos: boolean;
}

export interface GeneratedInput {
  /** Tokens in the two copies together; even. Left out: 64, less if the model has no room. */
  readonly seqLen?: number | undefined;
  /** Left out: 100. */
  readonly numExamples?: number | undefined;
  /** Left out: 0. */
  readonly seed?: number | undefined;
  /** Left out: "auto", on if the model has a BOS (`bosOfRows`). */
  readonly bos?: BosChoice | undefined;
}

export const GENERATED_INPUT: OptionNames<GeneratedInput> = {
  seqLen: true,
  numExamples: true,
  seed: true,
  bos: true,
};

export interface RepeatedRows {
  /** Token ids, axes [batch, position]. */
  readonly tokens: Tensor<Int32Array>;
  readonly start: number;
  readonly period: number;
  readonly info: InputInfo;
  readonly warnings: readonly string[];
}

export const DEFAULTS = { seqLen: 64, numExamples: 100, seed: 0, bos: "auto" } as const;

/**
 * `[BOS] r r` for the model, by default 100 rows of 2 x 32 tokens from seed 0.
 *
 * @param usual how many rows a study makes where it is not asked for a number; left out: 100
 * @throws {InputError} "range" for requested sizes that do not fit, "bos" if BOS is requested for a model without
 */
export function generatedRows(
  architecture: Architecture,
  options: GeneratedInput = {},
  usual: number = DEFAULTS.numExamples,
): RepeatedRows {
  const { numExamples = usual, seed = DEFAULTS.seed } = options;
  const periodOption = askedPeriod(options, numExamples);
  const { bosToken, policy } = bosFor(architecture, options.bos ?? DEFAULTS.bos);
  const start = bosToken === null ? 0 : 1;
  const ordinary = drawnTokens(architecture);
  const { period, warning } = fitPeriod({
    period: periodOption,
    explicit: options.seqLen !== undefined,
    contextLength: architecture.contextLength,
    start,
    ordinary: ordinary.ids.length,
  });
  checkPeriod(period);
  const { tokens } = repeatedTokens({
    seed,
    examples: numExamples,
    period,
    bos: bosToken,
    ordinary: ordinary.ids,
  });
  return {
    tokens,
    start,
    period,
    warnings: [...(warning ? [warning] : []), ...reachWarnings(architecture, period, start)],
    info: {
      kind: "repeated",
      seed,
      examples: numExamples,
      period,
      bos: start === 1,
      bosToken,
      bosPolicy: policy,
      length: start + 2 * period,
      tokensSha256: null,
      drawn: {
        tokens: ordinary.ids.length,
        leftOut: { ...ordinary.leftOut },
        source: ordinary.source,
      },
    },
  };
}

/**
 * Tokens in one copy, as asked for or by default, once sizes and seed are such that rows can be drawn.
 *
 * @throws {InputError} "range"
 */
export function askedPeriod(options: GeneratedInput, numExamples: number): number {
  const { seqLen = DEFAULTS.seqLen, seed = DEFAULTS.seed } = options;
  if (!Number.isInteger(seqLen) || seqLen % 2 === 1)
    throw new InputError("range", `two copies need an even \`seqLen\`, got ${seqLen}`, {
      option: "seqLen",
    });
  if (options.seqLen !== undefined) checkPeriod(seqLen / 2);
  checkDrawn(numExamples, seqLen, seed);
  return seqLen / 2;
}

/** Tokens that are drawn at once. */
const MOST_TOKENS = 2 ** 27;

function checkDrawn(numExamples: number, seqLen: number, seed: number): void {
  checkWholeNumber("numExamples", numExamples, 1);
  if (numExamples * seqLen > MOST_TOKENS)
    throw new InputError(
      "range",
      `at most ${MOST_TOKENS} random tokens are drawn at once, got ${numExamples} sequences (\`numExamples\`) of ${seqLen}`,
      { option: "numExamples" },
    );
  checkWholeNumber("seed", seed);
}

/**
 * The user's own rows, checked and otherwise untouched.
 *
 * @throws {InputError} "tokens" for rows of unequal length, ids outside the vocabulary, or repeats that are not there;
 *   "range" for rows longer than the context
 */
export async function ownRows(architecture: Architecture, own: OwnTokens): Promise<RepeatedRows> {
  const tokens = verifyTokens(own.tokens, architecture.vocabulary);
  const [examples, length] = tokens.shape as readonly [number, number];
  if (length > architecture.contextLength) {
    throw new InputError(
      "range",
      `the model has ${architecture.contextLength} positions, got rows of ${length} tokens`,
    );
  }
  const start = own.bos ? 1 : 0;
  checkPeriod(own.period);
  verifyRepeats(tokens, { start, period: own.period });
  return {
    tokens,
    start,
    period: own.period,
    warnings: reachWarnings(architecture, own.period, start),
    info: {
      kind: "tokens",
      seed: null,
      examples,
      period: own.period,
      bos: own.bos,
      bosToken: own.bos ? tokens.data[0]! : null,
      bosPolicy: own.bos ? "the given rows begin with it" : "the given rows have none",
      length,
      tokensSha256: await tokensHash(tokens.data),
    },
  };
}

/** With a period of 2 the token after the previous copy is the previous token: induction could not be told from it. */
const LEAST_PERIOD = 3;

/** @throws {InputError} "range" for a period that tells nothing */
export function checkPeriod(period: number): void {
  if (period >= LEAST_PERIOD) return;
  throw new InputError(
    "range",
    `induction and previous-token heads differ from a period of ${LEAST_PERIOD} tokens on (\`seqLen\` ${2 * LEAST_PERIOD}), got ${period}`,
    { option: "seqLen" },
  );
}

/** The BOS of generated rows as `choice` says, and why. @throws {InputError} "bos" if it is requested for a model without */
export function bosFor(
  { bosToken, bos, vocabulary }: Architecture,
  choice: BosChoice,
): { bosToken: number | null; policy: string } {
  if (choice === "off") return { bosToken: null, policy: "off, as asked" };
  if (typeof choice === "number")
    return { bosToken: checkedBos(choice, vocabulary), policy: `id ${choice}, as asked` };
  if (bosToken !== null) {
    const reason = bos?.reason ?? `the model declares BOS id ${bosToken}`;
    return { bosToken, policy: choice === "on" ? "on, as asked" : `auto: ${reason}` };
  }
  const reason = bos?.reason ?? "the model declares no BOS id";
  if (choice === "on")
    throw new InputError(
      "bos",
      `\`bos\` on needs a model that has a BOS, and ${reason}; an id in place of "on" is taken as it is`,
      { option: "bos" },
    );
  return { bosToken: null, policy: `auto: ${reason}` };
}

/**
 * An id that the caller wants as BOS.
 *
 * @throws {InputError} "bos" unless the model has it
 */
export function checkedBos(id: number, vocabulary: number): number {
  if (Number.isInteger(id) && id >= 0 && id < vocabulary) return id;
  throw new InputError("bos", `\`bos\` needs an id from 0 to ${vocabulary - 1}, got ${id}`, {
    option: "bos",
  });
}
