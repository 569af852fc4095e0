/** @file Texts whose continuation is read: at every position the text's own next token, or after its end an answer. */
import { InputError } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { eosInWords } from "../models/bosPolicy.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { nextTokens } from "../measure/nextTokens.ts";
import type { InputInfo } from "../results/common.ts";
import { verifyTokens } from "../text/patterns/verifyTokens.ts";
import { nextToken } from "./causalPrompts.ts";
import type { BosChoice } from "./scoreInput.ts";
import { tokenizeTexts } from "./sequences.ts";
import { tokensHash } from "./tokensHash.ts";

/** A text, and what may follow it. */
export interface TargetText {
  readonly text: string;
  /** The token that follows, with its space: " Mary". Left out: the tokens of the text itself are the targets. */
  readonly answer?: string | undefined;
}

export interface TargetRows {
  /** Token ids, axes [batch, position]. */
  readonly tokens: Tensor<Int32Array>;
  /** What each position should predict, axes [batch, position]; 0 where nothing is asked. */
  readonly targets: Tensor<Int32Array>;
  /** Positions that have targets. */
  readonly positions: readonly number[];
  readonly info: InputInfo;
  /** Tokens of the first text. */
  readonly pieces: readonly string[];
}

/**
 * Rows of `texts`, which must have as many tokens each, so that every position is one of all of them.
 *
 * @throws {InputError} "tokens" for none, texts of unlike lengths, and answers for some of them only; "pairs" for an answer that is
 *   not one token; "tokenizer" for a model without one; "range" for a text longer than the context
 */
export async function targetRows(
  model: Pick<LoadedModel, "architecture" | "tokenizer">,
  texts: readonly TargetText[],
  bos: BosChoice,
): Promise<TargetRows> {
  const answered = texts.filter(({ answer }) => answer !== undefined).length;
  if (texts.length === 0 || (answered > 0 && answered < texts.length))
    throw new InputError(
      "tokens",
      `needs texts, each with an answer or none with one, got ${texts.length} with ${answered} answers`,
    );
  const tokenizer = await model.tokenizer();
  const tokenize = (all: readonly string[]) => tokenizeTexts(model, tokenizer, all, bos);
  const { ids, bosToken, policy, eos } = tokenize(texts.map(({ text }) => text));
  checkLengths(ids, model.architecture.contextLength);
  const tokens = verifyTokens(ids, model.architecture.vocabulary);
  const [examples, length] = tokens.shape as readonly [number, number];
  const targets = Int32Array.from(nextTokens(tokens).data);
  if (answered > 0)
    texts.forEach(({ text, answer }, index) => {
      const about = { token: answer!, prompt: "the text", of: `text ${index}` };
      const longer = tokenize([text + answer!]).ids[0]!;
      targets[(index + 1) * length - 1] = nextToken(ids[index]!, longer, tokenizer!, about);
    });
  return {
    tokens,
    targets: tensor(tokens.axes, tokens.shape, targets),
    positions: answered > 0 ? [length - 1] : Array.from({ length: length - 1 }, (_, at) => at),
    info: {
      ...{ kind: "text", seed: null, examples, period: null, length },
      ...{ bos: bosToken !== null, bosToken, bosPolicy: policy, ...eosInWords(eos) },
      tokensSha256: await tokensHash(tokens.data),
    },
    pieces: tokenizer!.pieces(ids[0]!),
  };
}

function checkLengths(ids: readonly (readonly number[])[], most: number): void {
  const [first] = ids as readonly [readonly number[]];
  if (first.length < 2)
    throw new InputError("tokens", `a text needs 2 tokens or more, got ${first.length}`);
  if (first.length > most)
    throw new InputError("range", `the model has ${most} positions, got ${first.length} tokens`);
  const other = ids.findIndex((row) => row.length !== first.length);
  if (other >= 0)
    throw new InputError(
      "tokens",
      `texts need as many tokens each, so that positions are alike: the first has ${first.length}, text ${other} has ${ids[other]!.length}; read them one by one`,
    );
}
