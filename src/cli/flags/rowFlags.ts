/** @file Flags of the rows that a command measures: generated, or the user's own and then exactly as they are. */
import type { BosChoice } from "../../inputs/scoreInput.ts";
import { InputError } from "../../base/errors.ts";
import { withoutUndefined } from "../../base/withoutUndefined.ts";

export interface RowFlags {
  readonly numExamples?: number | undefined;
  readonly seqLen?: number | undefined;
  readonly seed?: number | undefined;
  readonly bos?: BosChoice | undefined;
  /** A file of the user's own rows. */
  readonly tokens?: string | undefined;
}

const NAMES = {
  numExamples: "--num-examples",
  seqLen: "--seq-len",
  seed: "--seed",
  bos: "--bos",
} as const;

/**
 * Rows as the options of a study: those of generated rows, or `rows` of a file.
 *
 * @param read what reads the file of --tokens
 * @throws {InputError} "options" for options of generated rows beside --tokens, which they would contradict; and as `read`
 */
export async function rowOptions<Own>(
  { numExamples, seqLen, seed, bos, tokens }: RowFlags,
  read: (path: string) => Promise<Own>,
) {
  const generated = { bos, seqLen, numExamples, seed };
  const names = Object.keys(withoutUndefined(generated)).map(
    (name) => NAMES[name as keyof typeof NAMES],
  );
  if (tokens !== undefined && names.length > 0)
    throw new InputError(
      "options",
      `--tokens gives the rows as they are, so it cannot be combined with ${names.join(", ")}`,
    );
  return { ...generated, rows: tokens === undefined ? undefined : await read(tokens) };
}
