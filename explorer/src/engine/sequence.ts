/** @file The row of tokens that the page shows. */
import { blockRows, InputError } from "induction-lens/browser";
import type { Held, OpenModel } from "./held.ts";
import { splitCharacters } from "./splitCharacters.ts";
import type { ModelFacts, Sequence, SequenceChoice } from "./protocol.ts";
import { idsInText } from "induction-lens/report";

/** The reader's text as tokens, or `[BOS] r r` for the open model. */
export async function sequence(
  { text, period, seed }: SequenceChoice,
  { open }: Held,
): Promise<Sequence> {
  const { model, facts } = open;
  const piecesOfIds = writtenFor(open);
  if (text !== null) {
    const ids = await idsOf(text, open);
    return { ids, pieces: piecesOf(text, ids, open), repeats: null };
  }
  if (2 * period > MARGIN * facts.longest) throw tooLong(2 * period, facts);
  const choice = { seed, period, examplesFor: () => 1 };
  const { tokens, ...repeats } = blockRows(model.architecture, choice);
  const ids = [...tokens.data];
  return { ids, pieces: piecesOfIds(ids), repeats };
}

/** The texts of a text's tokens, also where they are parts of characters. */
function piecesOf(text: string, ids: readonly number[], open: OpenModel): readonly string[] {
  const pieces = writtenFor(open)(ids);
  const { tokenizer } = open;
  if (!tokenizer || !pieces.some((piece) => piece.includes("\ufffd"))) return pieces;
  const bytes = new TextEncoder().encode(tokenizer.decode(tokenizer.encode(text)));
  return splitCharacters(pieces, bytes, tokenizer.ranges(text));
}

/** How the open model's tokens are written. */
export function writtenFor({ tokenizer }: OpenModel) {
  return (ids: readonly number[]): readonly string[] =>
    tokenizer ? tokenizer.pieces(ids) : ids.map(String);
}

/** Bytes that patterns and scores of a run may take beside the weights: two arrays of heads by length by length. */
const ROOM_BYTES = 1.2e9;

/** Tokens of a text whose patterns fit into what 32-bit WASM has left; measured: 30 layers of 9 heads fail at 1,000. */
export function longestFor({ headsByLayer, parameters }: Size): number {
  const left = Math.max(1e8, ROOM_BYTES - 4 * parameters);
  const heads = headsByLayer.reduce((sum, count) => sum + count, 0);
  return Math.floor(Math.sqrt(left / (8 * heads)));
}

type Size = Pick<ModelFacts, "headsByLayer" | "parameters">;

/** The estimate is careful: texts up to this many times as long are tried. */
const MARGIN = 2;

/** That a text has no room, and about how long one may be. */
function tooLong(length: number, facts: ModelFacts): InputError {
  return new InputError(
    "tokens",
    `${length} tokens of this model do not fit into this browser's memory; about ${facts.longest} do`,
  );
}

/** In place of what an engine says that has no memory left: how long a text may be. */
export function sayTooLong(length: number, facts: ModelFacts) {
  return (error: Error): never => {
    throw /^out of memory/.test(error.message) ? tooLong(length, facts) : error;
  };
}

async function idsOf(
  text: string,
  { model, tokenizer, facts }: OpenModel,
): Promise<readonly number[]> {
  const { vocabulary, contextLength } = model.architecture;
  const ids = tokenizer ? await model.tokens(text) : idsInText(text, vocabulary);
  if (ids.length < 2)
    throw new InputError(
      "tokens",
      `attention needs two tokens or more, this text has ${ids.length}`,
    );
  if (ids.length > MARGIN * facts.longest) throw tooLong(ids.length, facts);
  if (ids.length > contextLength)
    throw new InputError(
      "tokens",
      `the model has ${contextLength} positions, this text has ${ids.length} tokens`,
    );
  return ids;
}
