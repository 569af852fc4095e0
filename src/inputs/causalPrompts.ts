/** @file Clean and corrupted texts of the user's own, with the token that should follow: pairs as in indirect object identification. */
import type { CausalPrompt } from "./causalPrompt.ts";
import { InputError } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { eosInWords } from "../models/bosPolicy.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { verifyTokens } from "../text/patterns/verifyTokens.ts";
import { pairOf, type Pair, type PairOptions } from "./pair.ts";
import type { BosChoice } from "./scoreInput.ts";
import { tokenizeTexts } from "./sequences.ts";
import { tokensHash } from "./tokensHash.ts";

/** What is read where no metric is named: of prompts with wrong answers the difference of two logits. */
export function usualMetric({ prompts }: Pick<PairOptions, "prompts">) {
  return prompts?.every(({ wrong }) => wrong !== undefined)
    ? "logit-difference"
    : "log-probability";
}

/**
 * Clean and corrupted rows of a causal study: of `prompts` if there are any, else as {@link pairOf}.
 *
 * Of prompts the metric reads the last position alone, with the answer as its target.
 *
 * @throws {InputError} "pairs" for texts that are not of one length in tokens, and answers that are not one token; "tokenizer" for
 *   a model without one; and as {@link pairOf}
 */
export async function causalPair(
  model: Pick<LoadedModel, "architecture" | "tokenizer">,
  options: PairOptions,
): Promise<Pair> {
  const { prompts, bos = "auto" } = options;
  if (!prompts) return pairOf(model.architecture, options);
  const tokenizer = await model.tokenizer();
  if (prompts.length === 0)
    throw new InputError("pairs", "needs at least one pair of prompts, got none");
  const { ids, bosToken, policy, eos } = rowsOf(model, tokenizer, prompts, bos);
  const [clean, corrupted] = (["clean", "corrupted"] as const).map((which) =>
    verifyTokens(
      ids.map((pair) => pair[which]),
      model.architecture.vocabulary,
    ),
  ) as [Tensor<Int32Array>, Tensor<Int32Array>];
  const [examples, length] = clean.shape as readonly [number, number];
  const atEnd = (tokens: readonly number[]) =>
    tensor(
      clean.axes,
      clean.shape,
      Int32Array.from({ length: examples * length }, (_, index) =>
        index % length === length - 1 ? tokens[Math.floor(index / length)]! : 0,
      ),
    );
  const wrong = ids.map((pair) => pair.wrong);
  return {
    clean,
    corrupted,
    start: bosToken === null ? 0 : 1,
    period: 0,
    positions: [length - 1],
    targets: atEnd(ids.map(({ answer }) => answer)),
    ...(wrong.every((id) => id !== null) && { others: atEnd(wrong) }),
    input: {
      ...{ kind: "prompts", seed: null, examples, period: null, length },
      ...{ bos: bosToken !== null, bosToken, bosPolicy: policy, ...eosInWords(eos) },
      tokensSha256: await tokensHash(clean.data),
    },
    info: {
      design: "prompts",
      corruptedSha256: await tokensHash(corrupted.data),
      positions: [length - 1],
      prompts: prompts.map(({ clean, corrupted, answer, wrong = null }) => ({
        ...{ clean, corrupted, answer, wrong },
      })),
      pieces: tokenizer!.pieces(ids[0]!.clean),
    },
    warnings: [],
  };
}

interface PromptRow {
  readonly clean: readonly number[];
  readonly corrupted: readonly number[];
  readonly answer: number;
  readonly wrong: number | null;
}

function rowsOf(
  model: Pick<LoadedModel, "architecture">,
  tokenizer: Tokenizer | null,
  prompts: readonly CausalPrompt[],
  choice: BosChoice,
) {
  const tokenize = (texts: readonly string[]) => tokenizeTexts(model, tokenizer, texts, choice);
  const { bosToken, policy, eos } = tokenize([prompts[0]!.clean]);
  const ids = prompts.map((prompt, index): PromptRow => {
    const { clean, corrupted, answer, wrong } = prompt;
    const [cleanIds, corruptedIds] = tokenize([clean, corrupted]).ids as [number[], number[]];
    const next = (token: string) =>
      nextToken(cleanIds, tokenize([clean + token]).ids[0]!, tokenizer!, {
        ...{ token, prompt: "the clean prompt", of: `pair ${index}` },
      });
    return {
      clean: cleanIds,
      corrupted: corruptedIds,
      answer: next(answer),
      wrong: wrong === undefined ? null : next(wrong),
    };
  });
  checkLengths(ids, tokenizer!, model.architecture.contextLength);
  return { ids, bosToken, policy, eos };
}

/** What an answer belongs to, for messages. */
interface AnswerOf {
  readonly token: string;
  readonly prompt: string;
  readonly of: string;
}

/**
 * The one token by which the longer row goes on.
 *
 * @throws {InputError} "pairs" if that are several, or if the tokens before it are others then
 */
export function nextToken(
  row: readonly number[],
  longer: readonly number[],
  tokenizer: Tokenizer,
  { token, prompt, of }: AnswerOf,
): number {
  const more = longer.slice(row.length);
  const goesOn = row.every((id, position) => longer[position] === id);
  if (goesOn && more.length === 1) return more[0]!;
  const got = goesOn
    ? `${more.length} tokens (${pieces(tokenizer, more)})`
    : `other tokens before it (${pieces(tokenizer, longer.slice(-3))})`;
  throw new InputError(
    "pairs",
    `an answer is the one token that follows ${prompt}, with its space: " Mary"; ${JSON.stringify(token)} of ${of} gives ${got}`,
  );
}

function checkLengths(rows: readonly PromptRow[], tokenizer: Tokenizer, most: number): void {
  const expected = rows[0]!.clean;
  if (expected.length < 2)
    throw new InputError("pairs", `a prompt needs 2 tokens or more, got ${expected.length}`);
  if (expected.length > most)
    throw new InputError("range", `the model has ${most} positions, got ${expected.length} tokens`);
  rows.forEach(({ clean, corrupted }, index) => {
    for (const [which, row] of Object.entries({ clean, corrupted })) {
      if (row.length === expected.length) continue;
      throw new InputError(
        "pairs",
        `prompts need as many tokens each, the first clean one has ${expected.length} (${pieces(tokenizer, expected)}), the ${which} one of pair ${index} has ${row.length} (${pieces(tokenizer, row)})`,
      );
    }
  });
}

function pieces(tokenizer: Tokenizer, ids: readonly number[]): string {
  return tokenizer
    .pieces(ids)
    .map((piece) => JSON.stringify(piece))
    .join(" ");
}
