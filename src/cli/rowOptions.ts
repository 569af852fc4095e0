/** @file Options of the rows that a command measures: generated, or the user's own and then exactly as they are. */
import { InputError } from "../base/errors.ts";
import type { BosChoice } from "../inputs/scoreInput.ts";

export interface RowOptions {
  readonly numExamples?: number | undefined;
  readonly seqLen?: number | undefined;
  readonly seed?: number | undefined;
  readonly bos?: BosChoice | undefined;
  readonly tokens?: string | undefined;
}

/** Options that were given, without those that were left out. */
export function given<Options extends Readonly<Record<string, unknown>>>(options: Options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Options]?: Exclude<Options[Name], undefined>;
  };
}

/** The options of generated rows; with `--tokens` they would contradict it. */
export function rowOptions({ numExamples, seqLen, seed, bos, tokens }: RowOptions) {
  const rows = given({ bos, seqLen, numExamples, seed });
  const flags = {
    numExamples: "--num-examples",
    seqLen: "--seq-len",
    seed: "--seed",
    bos: "--bos",
  };
  const names = Object.keys(rows).map((name) => flags[name as keyof typeof flags]);
  if (tokens !== undefined && names.length > 0)
    throw new InputError(
      "options",
      `--tokens gives the rows as they are, so it cannot be combined with ${names.join(", ")}`,
    );
  return rows;
}
