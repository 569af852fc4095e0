/** @file Options of commands that look at sequences: texts, a file of text, token ids, or generated repeats. */
import { readFile } from "node:fs/promises";
import { InputError } from "../base/errors.ts";
import type { SequenceInput } from "../inputs/sequences.ts";
import { given, type RowOptions } from "./rowOptions.ts";
import { readRows } from "./tokensFile.ts";

export interface SequenceOptions extends RowOptions {
  readonly text?: readonly string[] | undefined;
  readonly file?: string | undefined;
}

/**
 * The sequences that the options mean.
 *
 * @throws {InputError} "options" for options that contradict each other, "file" for a file that cannot be read
 */
export async function sequenceInput(options: SequenceOptions): Promise<SequenceInput> {
  const { text = [], file, tokens, bos, seqLen, seed, numExamples } = options;
  const sources = {
    "--text": text.length > 0,
    "--file": file !== undefined,
    "--tokens": tokens !== undefined,
  };
  const chosen = Object.entries(sources).flatMap(([flag, is]) => (is ? [flag] : []));
  const made = Object.entries({
    "--seq-len": seqLen,
    "--seed": seed,
    "--num-examples": numExamples,
  });
  const random = made.flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  const wrong = tokens === undefined || bos === undefined ? random : [...random, "--bos"];
  if (chosen.length > 1 || (chosen.length === 1 && wrong.length > 0))
    throw new InputError(
      "options",
      `${chosen.join(" and ")} cannot be combined${chosen.length > 1 ? "" : ` with ${wrong.join(", ")}`}`,
    );
  if (tokens !== undefined) return { tokens: await readRows(tokens) };
  const texts = file === undefined ? text : [await readText(file)];
  if (texts.length > 0) return { texts, ...given({ bos }) };
  return given({ bos, seqLen, seed, numExamples });
}

export async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the text ${path}: ${error.message}`, {
      cause: error,
    });
  });
}
