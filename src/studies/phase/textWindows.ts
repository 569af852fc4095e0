/** @file Windows of a natural text, for the in-context score of Olsson et al. */
import { InputError } from "../../base/errors.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loadedModel.ts";

/** Positions of the early and the late token, 0-based with BOS counted, as in the paper. */
export const OLSSON_POSITIONS = { early: 50, late: 500 } as const;

export interface TextWindows {
  /** Token ids, axes [batch, position]; 501 positions. */
  readonly tokens: Tensor<Int32Array> | null;
  readonly warnings: readonly string[];
}

/**
 * The first `most` windows of 501 tokens of `text`, one after the other, each behind BOS if the model declares one.
 *
 * @returns no tokens and a warning if the context is shorter
 * @throws {InputError} "tokenizer" if the model has none, "text" for a text shorter than one window
 */
export async function textWindows(
  model: LoadedModel,
  text: string,
  most: number,
): Promise<TextWindows> {
  const { contextLength, bosToken, vocabulary } = model.architecture;
  const length = OLSSON_POSITIONS.late + 1;
  if (contextLength < length) {
    const short = `icl.olsson needs ${length} positions, the model has ${contextLength}`;
    return { tokens: null, warnings: [short] };
  }
  const tokenizer = await model.tokenizer();
  if (!tokenizer)
    throw new InputError("tokenizer", `a text needs a tokenizer, ${model.id} has none beside it`);
  const ids = tokenizer.encode(text);
  const lead = bosToken === null ? [] : [bosToken];
  const each = length - lead.length;
  const count = Math.min(most, Math.floor(ids.length / each));
  if (count === 0)
    throw new InputError("text", `icl.olsson needs a text of ${each} tokens, got ${ids.length}`);
  const outside = ids.find((id) => id >= vocabulary);
  if (outside !== undefined)
    throw new InputError(
      "tokens",
      `the model has ids below ${vocabulary}, the text has ${outside}`,
    );
  const rows = Array.from({ length: count }, (_, window) => [
    ...lead,
    ...ids.slice(window * each, (window + 1) * each),
  ]);
  const tokens = tensor(["batch", "position"], [count, length], Int32Array.from(rows.flat()));
  return { tokens, warnings: [] };
}
