/** @file Ids that a configuration calls special. */
import { shownValue } from "../../base/faultSentences.ts";
import { someOf } from "../../base/someOf.ts";

const KEYS = ["bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id"];

export interface SpecialTokens {
  /** The configuration's BOS id; null if it declares none. */
  readonly bosToken: number | null;
  /** All ids, in order. */
  readonly specialTokens: readonly number[];
}

/** `bos_token_id` and its like: an id, several, or none; id 0 is an id like any other. Ids beyond the vocabulary are none. */
export function specialTokensOf(
  config: Readonly<Record<string, unknown>>,
  vocabulary: number,
): SpecialTokens {
  const ids = (key: string) => idsOf(config, key).filter((id) => id < vocabulary);
  return {
    bosToken: ids("bos_token_id")[0] ?? null,
    specialTokens: [...new Set(KEYS.flatMap(ids))].sort((a, b) => a - b),
  };
}

/**
 * What a decoder's row starts with and an encoder's ends with. Where no `decoder_start_token_id` is declared it is that of
 * padding, as T5 has it, or else BOS.
 */
export function rowEndsOf(
  config: Readonly<Record<string, unknown>>,
  vocabulary: number,
): { readonly decoderStart: number | null; readonly encoderEnd: number | null } {
  const first = (keys: readonly string[]) =>
    keys.flatMap((key) => idsOf(config, key)).filter((id) => id < vocabulary)[0] ?? null;
  return {
    decoderStart: first(["decoder_start_token_id", "pad_token_id", "bos_token_id"]),
    encoderEnd: first(["eos_token_id"]),
  };
}

/** What to tell about special ids that are beyond the vocabulary, as toy models have them, or no ids; null where there are none. */
export function strayTokensNotice(
  config: Readonly<Record<string, unknown>>,
  vocabulary: number,
): string | null {
  const stray = KEYS.flatMap((key) =>
    idsOf(config, key)
      .filter((id) => id >= vocabulary)
      .map((id) => `${key} = ${id}`),
  );
  const wrong = KEYS.flatMap((key) =>
    [config[key]]
      .flat()
      .filter((id) => !isId(id) && !UNDECLARED.includes(id))
      .map((id) => `${key} = ${shownValue(id)}`),
  );
  const sentences = [
    ...noticeOf(stray, `beyond the vocabulary of ${vocabulary} tokens`),
    ...noticeOf(wrong, "not a token id"),
  ];
  return sentences.length === 0 ? null : sentences.join("; ");
}

/** How configurations say that there is none: LLaMA's has pad_token_id -1. */
const UNDECLARED: readonly unknown[] = [undefined, null, -1];

function noticeOf(tokens: readonly string[], what: string): string[] {
  if (tokens.length === 0) return [];
  return [
    `${someOf(tokens)} ${tokens.length === 1 ? "is" : "are"} ${what} and taken as not declared`,
  ];
}

function idsOf(config: Readonly<Record<string, unknown>>, key: string): number[] {
  return [config[key]].flat().filter(isId);
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && Number(id) >= 0;
}
