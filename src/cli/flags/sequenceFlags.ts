/** @file Flags of commands that look at sequences: texts, a file of text, token ids, or generated repeats. */
import { InputError } from "../../base/errors.ts";
import type { SequenceInput } from "../../inputs/sequences.ts";
import { readRows } from "../tokensFile.ts";
import { bytesIn } from "../userFile.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";
import type { RowFlags } from "./rowFlags.ts";

export interface SequenceFlags extends RowFlags {
  readonly text?: readonly string[] | undefined;
  readonly file?: string | undefined;
}

/**
 * The sequences that the flags mean.
 *
 * @param textName what the command calls a text: an option, or an argument
 * @throws {InputError} "options" for flags that contradict each other, "file" for a file that cannot be read
 */
export async function sequenceInput(
  flags: SequenceFlags,
  { textName = "--text" }: { readonly textName?: string } = {},
): Promise<SequenceInput> {
  const { text = [], file, tokens, bos, seqLen, seed, numExamples } = flags;
  const sources = {
    [textName]: text.length > 0,
    "--file": file !== undefined,
    "--tokens": tokens !== undefined,
  };
  const chosen = Object.entries(sources).flatMap(([flag, is]) => (is ? [flag] : []));
  const pairs = Object.entries({
    "--seq-len": seqLen,
    "--seed": seed,
    "--num-examples": numExamples,
  });
  const random = pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  const wrong = tokens === undefined || bos === undefined ? random : [...random, "--bos"];
  if (chosen.length > 1 || (chosen.length === 1 && wrong.length > 0))
    throw new InputError(
      "options",
      `${chosen.join(" and ")} cannot be combined${chosen.length > 1 ? "" : ` with ${wrong.join(", ")}`}`,
    );
  if (tokens !== undefined) return { tokens: await readRows(tokens) };
  const texts = file === undefined ? text : [await readText(file)];
  if (texts.length > 0) return { texts, ...withoutUndefined({ bos }) };
  return withoutUndefined({ bos, seqLen, seed, numExamples });
}

/**
 * The text in a file of UTF-8; a byte order mark at its beginning is not a part of it.
 *
 * @throws {InputError} "file" if it cannot be read, has other bytes, or is empty unless `empty` ones may be
 */
export async function readText(
  path: string,
  { empty = true }: { readonly empty?: boolean } = {},
): Promise<string> {
  const text = decodedText(path, await bytesIn(path, "the text"));
  if (text === "" && !empty) throw new InputError("file", `the text ${path} is empty`);
  return text;
}

function decodedText(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InputError("file", `${path} is not a text in UTF-8`, { cause: error });
  }
}
