import type { OpenEngine } from "../base/backend.ts";
import { closable, type Closable } from "../base/closable.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import { promptRows, type Prompt } from "./promptRows.ts";
import type { BosChoice } from "./scoreInput.ts";
import { piecesOf } from "./sequences.ts";

/** A model as `load` gives it: it can be handed to every study, and turns text into tokens. */
export interface RunnableModel extends LoadedModel, Closable {
  readonly openEngine: OpenEngine;
  /**
   * Token ids of a text, as TransformerLens' `to_tokens`: with BOS in front where the tokenizer's files ask for it.
   *
   * @throws {InputError} "tokenizer" for a model without a tokenizer, "bos" for BOS "on" and a model that declares none
   */
  tokens(text: string, options?: { readonly bos?: BosChoice | undefined }): Promise<number[]>;
  /**
   * What each token stands for, as TransformerLens' `to_str_tokens`: of a text, or of token ids. A model without a tokenizer
   * gives ids as text.
   *
   * @throws {InputError} as `tokens`, for a text
   */
  stringTokens(
    prompt: string | readonly number[],
    options?: { readonly bos?: BosChoice | undefined },
  ): Promise<string[]>;
}

/** Adds to a model what opens its engine and what turns text into tokens. */
export function runnableModel(model: LoadedModel, openEngine: OpenEngine): RunnableModel {
  const rowOf = async (prompt: Prompt, bos: BosChoice | undefined) => {
    const { rows, tokenizer } = await promptRows(model, prompt, bos);
    return { row: [...rows[0]!], tokenizer };
  };
  return {
    ...model,
    openEngine,
    tokens: async (text, { bos } = {}) => (await rowOf(text, bos)).row,
    async stringTokens(prompt, { bos } = {}) {
      const { row, tokenizer } = await rowOf(prompt, bos);
      return piecesOf(tokenizer, row);
    },
    ...closable(model.close),
  };
}
