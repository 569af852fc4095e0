/** @file A text as token ids, one per character, in a part to train on and a part that is held out. */
import { InputError } from "../../base/errors.ts";
import { sha256Hex } from "../../base/hash.ts";
import { characterTokenizer } from "../../text/tokenizer/characterTokenizer.ts";
import type { TrainingData } from "../recipe.ts";

type TextData = Extract<TrainingData, { kind: "text" }>;

export interface TextSplit {
  readonly training: Int32Array;
  /** The last share of the text; empty if none is held out. */
  readonly validation: Int32Array;
}

/** The different characters (code points) of a text, sorted. */
export function charactersIn(text: string): string[] {
  return [...new Set(text)].sort((first, other) => first.codePointAt(0)! - other.codePointAt(0)!);
}

/**
 * The data part of a recipe for this text.
 *
 * @throws {InputError} "text" if there is none
 */
export async function textData(
  text: string,
  { file, validation = 0.1 }: { readonly file: string; readonly validation?: number },
): Promise<TextData> {
  if (text === "") throw new InputError("text", `the text ${file} is empty`);
  const sha256 = await sha256Hex(new TextEncoder().encode(text));
  return { kind: "text", file, sha256, characters: charactersIn(text), validation };
}

/**
 * The text of a recipe, split as nanoGPT does: the last share is held out.
 *
 * @throws {InputError} "text" if it is another text than the recipe's, or a part is shorter than a window; "tokens" for
 *   characters that the recipe does not have
 */
export async function textSplit(
  text: string,
  { file, sha256, characters, validation }: TextData,
  contextLength: number,
): Promise<TextSplit> {
  const ids = Int32Array.from(characterTokenizer(characters).encode(text));
  const digest = await sha256Hex(new TextEncoder().encode(text));
  if (digest !== sha256)
    throw new InputError("text", `the recipe's text has sha256 ${sha256}, ${file} has ${digest}`);
  const end = Math.floor(ids.length * (1 - validation));
  const split = { training: ids.subarray(0, end), validation: ids.subarray(end) };
  for (const [part, { length }] of Object.entries(split)) {
    if (length > contextLength || (part === "validation" && validation === 0)) continue;
    throw new InputError(
      "text",
      `a window has ${contextLength} + 1 characters (\`contextLength\`), the ${part} part of ${file} has ${length}`,
      { option: "contextLength" },
    );
  }
  return split;
}
