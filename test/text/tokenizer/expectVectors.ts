/** @file What a reference makes of random texts, and that a tokenizer makes the same of them. */
import { expect } from "vitest";
import type { Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { hash24, randomTexts } from "./randomText.ts";

/** Hashes of the ids of texts that a seed makes, and the ids of some that are written out. */
export interface Vectors {
  readonly seed: number;
  readonly count: number;
  readonly hashes: string;
  readonly explicit: readonly (readonly [string, readonly number[]])[];
}
const utf8 = new TextEncoder();

/** Compares with the reference, and checks what holds for every tokenizer. */
export function expectVectors(
  tokenizer: Tokenizer,
  vectors: Vectors,
  normalised: ((text: string) => string) | null,
): void {
  for (const [text, ids] of vectors.explicit)
    expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
  const hashes = Buffer.from(vectors.hashes, "base64");
  const texts = randomTexts(vectors.seed);
  const different: string[] = [];
  for (let index = 0; index < vectors.count; index++) {
    const text = texts.next().value;
    const ids = tokenizer.encode(text);
    if (hash24(ids) !== hashes.readUIntLE(index * 3, 3)) different.push(text);
    if (normalised && tokenizer.decode(ids) !== normalised(text))
      different.push(`decoded: ${text}`);
    if (index % 10 === 0) expectRanges(tokenizer, text, ids);
  }
  expect(different.slice(0, 5)).toEqual([]);
}

/** Ranges follow each other from 0 to the end of the decoded text, and hold each token's bytes. */
function expectRanges(tokenizer: Tokenizer, text: string, ids: readonly number[]): void {
  const text8 = tokenizer.decode(ids);
  const bytes = utf8.encode(text8);
  const cut = !text8.includes("\ufffd"); // a token that is not whole UTF-8 shows three bytes for each wrong one
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let end = 0;
  tokenizer.ranges(text).forEach(([start, stop], index) => {
    expect(start).toBe(end);
    if (cut) expect(decoder.decode(bytes.subarray(start, stop))).toBe(tokenizer.pieces(ids)[index]);
    end = stop;
  });
  if (cut) expect(end).toBe(bytes.length);
}
