import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { tokenizerOf, type Tokenizer } from "./tokenizer.ts";

/** What nanoGPT's `meta.pkl` holds. */
export interface CharacterTable {
  /** Id by character. */
  readonly stoi: ReadonlyMap<string, number> | Readonly<Record<string, number>>;
  /** Number of ids, if it is more than the characters need. */
  readonly vocabSize?: number | undefined;
}

/**
 * One token per character (Unicode code point): the tokenizer of nanoGPT's character models.
 *
 * @param table nanoGPT's table, or the characters in the order of their ids
 * @throws {InputError} "tokenizer" unless each entry is one character and each id is used once; `encode` throws "tokens"
 *   for characters that the table does not have
 */
export function characterTokenizer(table: CharacterTable | readonly string[]): Tokenizer {
  const entries = entriesOf(table);
  const idOf = new Map(entries);
  const charOf = new Map(entries.map(([char, id]) => [id, char]));
  checkTable(entries, charOf.size);
  const largest = entries.reduce((most, [, id]) => Math.max(most, id), -1);
  const encoder = new TextEncoder();
  return tokenizerOf({
    description: `a table of ${entries.length} characters`,
    vocabSize: Math.max(largest + 1, "stoi" in table ? (table.vocabSize ?? 0) : 0),
    specialTokens: [],
    bos: { id: null, addToText: false, why: "a table of characters has no BOS" },
    encode: (text) => encodeText(text, idOf),
    bytesOf: (id) => (charOf.has(id) ? encoder.encode(charOf.get(id)) : null),
  });
}

function entriesOf(table: CharacterTable | readonly string[]): [string, number][] {
  if (!("stoi" in table)) return table.map((char, id) => [char, id]);
  return table.stoi instanceof Map
    ? [...table.stoi]
    : Object.entries(table.stoi as Record<string, number>);
}

function checkTable(entries: readonly [string, number][], ids: number): void {
  const wrong = entries.filter(
    ([char, id]) =>
      typeof char !== "string" || [...char].length !== 1 || !(Number.isSafeInteger(id) && id >= 0),
  );
  if (entries.length === 0 || wrong.length > 0) {
    const got =
      wrong
        .slice(0, 5)
        .map((entry) => JSON.stringify(entry))
        .join(", ") || "none";
    throw new InputError(
      "tokenizer",
      `a character table needs single characters with ids from 0, got ${got}`,
    );
  }
  if (ids !== entries.length) {
    throw new InputError(
      "tokenizer",
      `a character table needs an id of its own per character, got ${ids} for ${entries.length}`,
    );
  }
}

function encodeText(text: string, idOf: ReadonlyMap<string, number>): number[] {
  const chars = [...text];
  const missing = [...new Set(chars.filter((char) => !idOf.has(char)))];
  if (missing.length > 0) {
    const list = missing.map((char) => JSON.stringify(char));
    throw new InputError("tokens", `the character table has no ${someOf(list, ", ", 20)}`);
  }
  return chars.map((char) => idOf.get(char)!);
}
