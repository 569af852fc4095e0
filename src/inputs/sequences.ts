/** @file Sequences that a study looks at one by one: a text, token ids, or generated repeats. Their lengths may differ. */
import { someOf } from "../base/someOf.ts";
import { InputError } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import { eosInWords, withBos } from "../models/bosPolicy.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { readableTokenizer } from "../models/readableTokenizer.ts";
import type { InputInfo } from "../results/common.ts";
import type { SequenceInfo } from "../results/sequence.ts";
import type { EosPolicy, Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { verifyTokens } from "../text/patterns/verifyTokens.ts";
import {
  checkedBos,
  generatedRows,
  type BosChoice,
  GENERATED_INPUT,
  type GeneratedInput,
} from "./scoreInput.ts";
import { tokensHash } from "./tokensHash.ts";
import type { OptionNames } from "../base/optionNames.ts";

export interface SequenceInput extends GeneratedInput {
  /** Texts for the model's tokenizer; BOS "auto" is what the tokenizer's files ask for. */
  readonly texts?: readonly string[] | undefined;
  /** Token ids, used as they are; rows may differ in length. */
  readonly tokens?: readonly (readonly number[])[] | undefined;
}

export const SEQUENCE_INPUT: OptionNames<SequenceInput> = {
  ...GENERATED_INPUT,
  texts: true,
  tokens: true,
};

export interface Sequences {
  readonly sequences: readonly SequenceInfo[];
  /** Positions before this hold BOS, by sequence. */
  readonly starts: readonly number[];
  readonly info: InputInfo;
  readonly warnings: readonly string[];
  readonly tokenizer: Tokenizer | null;
}

/**
 * The sequences that the input means: its texts, its tokens, or else generated rows `[BOS] r r`, one unless asked for more.
 *
 * @param longest tokens that a sequence may have; left out: the model's context
 * @throws {InputError} "tokenizer" for a text and a model without one, "tokens" for ids outside the vocabulary, "range" for
 *   sequences longer than the context, "options" for texts and tokens at once
 */
export async function sequencesOf(
  model: LoadedModel,
  input: SequenceInput,
  { longest = model.architecture.contextLength }: { readonly longest?: number } = {},
): Promise<Sequences> {
  const { texts, tokens } = input;
  if (texts && tokens)
    throw new InputError("options", "sequences are texts or tokens, got both at once");
  const tokenizer = await (texts ? model.tokenizer() : readableTokenizer(model));
  const rows = texts ? tokenizeTexts(model, tokenizer, texts, input.bos ?? "auto") : null;
  if (!rows && !tokens) return generateSequences(model, tokenizer, input);
  const ids = rows?.ids ?? tokens!;
  checkRows(model, ids, longest);
  const { bosToken } = model.architecture;
  const starts = ids.map((row) => (rows && rows.bosToken !== null ? 1 : startOf(row, bosToken)));
  return {
    sequences: ids.map((row, index) => ({
      tokens: [...row],
      pieces: piecesOf(tokenizer, row),
      text: texts?.[index] ?? null,
    })),
    starts,
    info: {
      kind: texts ? "text" : "tokens",
      seed: null,
      examples: ids.length,
      period: null,
      bos: starts.every((start) => start === 1),
      bosToken: rows?.bosToken ?? (starts.includes(1) ? bosToken : null),
      bosPolicy: rows?.policy ?? "the given tokens, as they are",
      ...eosInWords(rows?.eos),
      length: Math.max(...ids.map((row) => row.length)),
      tokensSha256: await tokensHash(Int32Array.from(ids.flat())),
    },
    warnings: tokenizer && texts ? unreadCharacters(tokenizer, texts) : [],
    tokenizer,
  };
}

/** Characters that the tokenizer has no token for are not there for the model: a sentence that names them. */
function unreadCharacters(tokenizer: Tokenizer, texts: readonly string[]): string[] {
  const changed = texts.filter((text) => tokenizer.decode(tokenizer.encode(text)) !== text);
  const unread = [...new Set(changed.join(""))].filter(
    (character) => tokenizer.encode(character).length === 0 && !parts(tokenizer, character),
  );
  if (unread.length === 0) return [];
  const quotes = unread.map((character) => JSON.stringify(character));
  return [
    `the tokenizer has no token for ${someOf(quotes)}: the model reads the text without them`,
  ];
}

/** Whether a space is read all the same, as what stands between two words (BERT's). */
function parts(tokenizer: Tokenizer, character: string): boolean {
  if (/\S/.test(character)) return false;
  return tokenizer.encode(`a${character}a`).join() !== tokenizer.encode("aa").join();
}

/** Tokens as people read them: the tokenizer's pieces, or ids where there is none. */
export function piecesOf(tokenizer: Tokenizer | null, ids: readonly number[]): string[] {
  return tokenizer ? tokenizer.pieces(ids) : ids.map(String);
}

/** One sequence as a batch of one row, or its first `length` tokens. */
export function rowOf(
  { tokens }: { readonly tokens: readonly number[] },
  length = tokens.length,
): Tensor<Int32Array> {
  return tensor(["batch", "position"], [1, length], Int32Array.from(tokens.slice(0, length)));
}

function generateSequences(
  { architecture }: LoadedModel,
  tokenizer: Tokenizer | null,
  input: GeneratedInput,
): Sequences {
  const rows = generatedRows(architecture, input, 1);
  const { length, examples } = rows.info;
  const sequences = Array.from({ length: examples }, (_, row) => {
    const ids = [...rows.tokens.data.subarray(row * length, (row + 1) * length)];
    return { tokens: ids, pieces: piecesOf(tokenizer, ids), text: null };
  });
  const starts = sequences.map(() => rows.start);
  return { sequences, starts, info: rows.info, warnings: rows.warnings, tokenizer };
}

/**
 * Texts as token ids, with BOS as the choice and the tokenizer say, and without EOS: a text is read as one that goes on, and
 * with a causal mask nothing in it sees what is put behind it.
 *
 * @param bothWays whether the model's attention sees both directions: then the EOS that the tokenizer's files put behind a
 *   text is seen by all of it, and belongs to it
 * @throws {InputError} "tokenizer" for a model without one, "bos" if BOS is requested for a model that declares none
 */
export function tokenizeTexts(
  { architecture }: Pick<LoadedModel, "architecture">,
  tokenizer: Tokenizer | null,
  texts: readonly string[],
  choice: BosChoice,
  { bothWays = false }: { readonly bothWays?: boolean } = {},
): {
  readonly ids: number[][];
  readonly bosToken: number | null;
  readonly policy: string;
  /** What the tokenizer's files put behind a text; null if nothing. */
  readonly eos: EosPolicy | null;
} {
  if (!tokenizer)
    throw new InputError(
      "tokenizer",
      "a text needs a tokenizer beside the model, this one has none; give token ids",
    );
  const { id, addToText, why, more = [] } = tokenizer.bos;
  const bos = id ?? architecture.bosToken;
  if (choice === "on" && bos === null)
    throw new InputError(
      "bos",
      `\`bos\` on needs a model that has a BOS, and ${why}; an id in place of "on" is taken as it is`,
      { option: "bos" },
    );
  const bosToken = typeof choice === "number" ? checkedBos(choice, architecture.vocabulary) : bos;
  const added = choice === "auto" ? addToText : choice !== "off";
  const encoded = texts.map((text) => tokenizer.encode(text));
  checkOfModel(tokenizer, encoded, architecture.vocabulary);
  const already = bosToken !== null && added && encoded.some((ids) => ids[0] === bosToken);
  const policy =
    choice === "auto"
      ? `auto: ${why}`
      : `${typeof choice === "number" ? `id ${choice}` : choice}, as asked`;
  const eos = tokenizer.eos ?? null;
  const end = bothWays && eos ? [eos.id] : [];
  const rest = choice === "auto" && added ? more : [];
  return {
    ids: encoded.map((ids) => [
      ...(ids[0] === bosToken ? ids : withBos([...rest, ...ids], added ? bosToken : null)),
      ...end,
    ]),
    eos,
    bosToken: added ? bosToken : null,
    policy: already ? `${policy}; a text that begins with it gets no second` : policy,
  };
}

/** @throws {InputError} "tokenizer" for an id that the model does not have: the files beside it are of another one */
function checkOfModel(
  tokenizer: Tokenizer,
  rows: readonly (readonly number[])[],
  vocabulary: number,
): void {
  const beyond = rows.flat().find((id) => id >= vocabulary);
  if (beyond === undefined) return;
  const piece = JSON.stringify(tokenizer.pieces([beyond])[0]);
  throw new InputError(
    "tokenizer",
    `the tokenizer beside the model is not of this model: it has the id ${beyond} for ${piece}, and the model ids from 0 to ${vocabulary - 1}`,
  );
}

function checkRows(
  { architecture: { vocabulary } }: LoadedModel,
  rows: readonly (readonly number[])[],
  longest: number,
): void {
  if (rows.length === 0) throw new InputError("tokens", "needs at least one sequence, got none");
  rows.forEach((row, index) => {
    if (row.length < 2)
      throw new InputError(
        "tokens",
        `sequences need 2 tokens or more, got ${row.length} in sequence ${index}`,
      );
    verifyTokens([row], vocabulary);
    if (row.length > longest)
      throw new InputError(
        "range",
        `the model has ${longest} positions, got ${row.length} tokens in sequence ${index}`,
      );
  });
}

function startOf(row: readonly number[], bosToken: number | null): number {
  return bosToken !== null && row[0] === bosToken ? 1 : 0;
}
