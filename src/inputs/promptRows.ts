/** @file What a user hands to a model: text, texts, ids, or rows of ids, as token rows. */
import { InputError } from "../base/errors.ts";
import { shownValue } from "../base/faultSentences.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { readableTokenizer } from "../models/readableTokenizer.ts";
import type { Tokenizer } from "../text/tokenizer/tokenizer.ts";
import { tokenizeTexts } from "./sequences.ts";
import type { BosChoice } from "./scoreInput.ts";

/** A text, several texts, token ids, or several rows of token ids. */
export type Prompt =
  string | readonly string[] | readonly number[] | readonly (readonly number[])[];

/**
 * Token rows of a prompt. Texts begin with BOS where the model's tokenizer asks for it, unless `bos` says otherwise, and those of
 * an encoder end with EOS where it does; ids are used as they are.
 *
 * @throws {InputError} "tokenizer" for text and a model without a tokenizer, "tokens" for an empty prompt or an empty row
 */
export async function promptRows(
  model: LoadedModel,
  prompt: Prompt,
  bos: BosChoice = "auto",
): Promise<{
  readonly rows: readonly (readonly number[])[];
  readonly tokenizer: Tokenizer | null;
}> {
  checkPrompt(prompt);
  const items = typeof prompt === "string" ? [prompt] : prompt;
  if (items.length === 0)
    throw new InputError("tokens", "a run needs at least one token, got none");
  const isText = items.every((item) => typeof item === "string");
  const tokenizer = await (isText ? model.tokenizer() : readableTokenizer(model));
  const rows = isText
    ? tokenizeTexts(model, tokenizer, items, bos, {
        bothWays: model.architecture.mask === "none",
      }).ids
    : items.every((item) => typeof item === "number")
      ? [items]
      : (items as readonly (readonly number[])[]);
  if (rows.some((row) => row.length === 0))
    throw new InputError("tokens", "a run needs at least one token in each row, got an empty row");
  return { rows, tokenizer };
}

/** Callers in JavaScript may hand over anything. */
function checkPrompt(prompt: unknown): void {
  if (typeof prompt === "string" || Array.isArray(prompt)) return;
  const got = shownValue(prompt);
  throw new InputError("tokens", `a run needs a text, texts, or rows of token ids, got ${got}`);
}
