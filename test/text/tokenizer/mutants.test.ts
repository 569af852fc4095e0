import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { random, type Random } from "../../../src/base/random.ts";
import type { Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { tokenizerFromGguf } from "../../../src/text/tokenizer/tokenizerFromGguf.ts";
import { tokenizerFromJson } from "../../../src/text/tokenizer/tokenizerFromJson.ts";
import { usedMs } from "../../usedMs.ts";

type Json = Record<string, unknown>;
const MUTANTS = 20_000;
const SLOWEST_MS = 2000;
const TEXT = "Hello  world,\n it's 42 é🙂\ufeff\u0000<s> ▁x" + "a".repeat(30);

const vectors = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizer/vectors.json", import.meta.url), "utf8"),
) as Record<"byteLevel" | "metaspace", { tokenizer: Json }> & {
  sentencePiece: { pieces: [string, number, number][] };
};

/** With a small part of the vocabulary, so that 20,000 of them take seconds. */
function cut(tokenizer: Json): Json {
  const model = tokenizer.model as { vocab: Record<string, number>; merges: string[] };
  const vocab = Object.fromEntries(
    Object.entries(model.vocab).filter(([, id]) => id < 40 || id % 16 === 0),
  );
  return { ...tokenizer, model: { ...model, vocab, merges: model.merges.slice(0, 25) } };
}
const pieces = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizer/pieces.json", import.meta.url), "utf8"),
) as { charsmap: string; bases: Record<"wordPiece" | "unigram", Json & { model: Json }> };

/** WordPiece and Unigram, with few tokens. */
function cutPieces(): Json[] {
  const { wordPiece, unigram } = pieces.bases;
  const vocab = Object.entries(wordPiece.model["vocab"] as Record<string, number>);
  const fewTokens = Object.fromEntries(vocab.filter(([token, id]) => id < 40 || token.length > 6));
  const scores = (unigram.model["vocab"] as unknown[]).slice(0, 60);
  const table = { type: "Precompiled", precompiled_charsmap: pieces.charsmap };
  return [
    { ...wordPiece, model: { ...wordPiece.model, vocab: fewTokens } },
    { ...unigram, normalizer: table, model: { ...unigram.model, vocab: scores } },
  ];
}
const BASES = [cut(vectors.byteLevel.tokenizer), cut(vectors.metaspace.tokenizer), ...cutPieces()];

const ODD: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e9,
  1e308,
  4_000_000,
  "",
  "x",
  "__proto__",
  "\ud800",
  "(a+)+$",
  "(",
  "[",
  "\\",
  "{99999}",
  "\\p{L}+",
  [],
  {},
  [[]],
  [null],
  { type: "Sequence" },
  { type: "Sequence", pretokenizers: [{ type: "Sequence" }] },
  { type: "NFC" },
  { type: "ByteLevel", add_prefix_space: true },
  { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious" },
  { type: "Metaspace", prepend_scheme: "first" },
  { type: "Digits" },
  { type: "BertNormalizer", clean_text: true, strip_accents: true },
  { type: "Precompiled", precompiled_charsmap: "AAAA" },
  { type: "BertPreTokenizer" },
  { Regex: "(?:a|b)*c" },
  { Regex: "\\s*\\s*\\s*x" },
  "a".repeat(10_000),
];

/** A copy with one node somewhere replaced, removed or put in twice. */
function mutated(value: unknown, numbers: Random): unknown {
  if (typeof value !== "object" || value === null || numbers.uniform() < 0.15)
    return ODD[numbers.integer(0, ODD.length - 1)];
  const keys = Object.keys(value);
  if (keys.length === 0) return ODD[numbers.integer(0, ODD.length - 1)];
  const key = keys[numbers.integer(0, keys.length - 1)]!;
  const inner = (value as Json)[key];
  const change = numbers.uniform();
  if (Array.isArray(value)) {
    const copy: unknown[] = [...(value as unknown[])];
    if (change < 0.1) copy.splice(Number(key), 1);
    else if (change < 0.2) copy.push(inner);
    else copy[Number(key)] = mutated(inner, numbers);
    return copy;
  }
  if (change < 0.1)
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  const copy: Json = { ...(value as Json) };
  if (change < 0.2) copy[String(ODD[numbers.integer(0, ODD.length - 1)])] = inner;
  else copy[key] = mutated(inner, numbers);
  return copy;
}

/** The text of a file with a few characters changed, left out or put in twice. */
function scratched(text: string, numbers: Random): string {
  let out = text;
  for (let changes = numbers.integer(1, 3); changes > 0; changes--) {
    const at = numbers.integer(0, out.length);
    const span = numbers.integer(0, 12);
    const instead = ['"', "{", "]", ",", "9", "\\", "\u0000", "e", out.slice(at, at + span), ""][
      numbers.integer(0, 9)
    ]!;
    out = out.slice(0, at) + instead + out.slice(at + numbers.integer(0, span));
  }
  return out;
}

/** Builds and uses the tokenizer; anything but an InputError fails, and so does a long wait. */
function survives(build: () => Tokenizer): { accepted: boolean; elapsedMs: number } {
  const start = usedMs();
  try {
    const tokenizer = build();
    const ids = tokenizer.encode(TEXT);
    tokenizer.decode(ids);
    tokenizer.ranges(TEXT);
    return { accepted: true, elapsedMs: usedMs() - start };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { accepted: false, elapsedMs: usedMs() - start };
  }
}

function run(
  seed: number,
  count: number,
  mutant: (numbers: Random, index: number) => () => Tokenizer,
): void {
  const numbers = random(seed);
  let accepted = 0;
  let slowestMs = 0;
  for (let index = 0; index < count; index++) {
    const result = survives(mutant(numbers, index));
    accepted += result.accepted ? 1 : 0;
    slowestMs = Math.max(slowestMs, result.elapsedMs);
  }
  console.log(`${count} mutants, ${accepted} accepted, slowest ${slowestMs.toFixed(0)} ms`);
  expect(slowestMs).toBeLessThan(SLOWEST_MS);
  expect(accepted).toBeGreaterThan(count * 0.02); // else nothing behind the first check was tried
  expect(accepted).toBeLessThan(count * 0.98);
}

/** A damaged name of the kind is no tokenizer at all. */
function noTokenizer(): never {
  throw new InputError("tokenizer", "none");
}

describe(`mutants give a tokenizer or an InputError, none takes ${SLOWEST_MS} ms of the processor`, () => {
  test(`${MUTANTS} of tokenizer.json and its configuration`, { tags: ["slow"] }, () => {
    const texts = BASES.map((base) => JSON.stringify(base));
    const config = { bos_token: { content: "<s>" }, add_bos_token: true };
    run(1, MUTANTS, (numbers, index) => {
      const base = index % BASES.length;
      if (index % 8 < 4) {
        const text = scratched(texts[base]!, numbers);
        return () => tokenizerFromJson(text);
      }
      let file: unknown = BASES[base];
      for (let changes = numbers.integer(1, 3); changes > 0; changes--)
        file = mutated(file, numbers);
      const settings = numbers.uniform() < 0.3 ? mutated(config, numbers) : config;
      return () => tokenizerFromJson(file, settings);
    });
  });

  test(`${MUTANTS / 4} of a GGUF's metadata`, () => {
    const firstPieces = vectors.sentencePiece.pieces.filter((_, id) => id < 300);
    const llama = {
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": firstPieces.map(([piece]) => piece),
      "tokenizer.ggml.scores": firstPieces.map(([, score]) => score),
      "tokenizer.ggml.token_type": firstPieces.map(([, , type]) => type),
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.unknown_token_id": 0,
    };
    const { vocab, merges } = vectors.byteLevel.tokenizer.model as {
      vocab: Json;
      merges: string[][];
    };
    const tokens = Object.keys(vocab).slice(0, 300);
    const gpt2 = {
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.pre": "smollm",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": tokens.map((_, id) => (id === 0 ? 3 : 1)),
      "tokenizer.ggml.merges": merges.slice(0, 40).map((pair) => pair.join(" ")),
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.bos_token_id": 0,
    };
    const t5 = {
      ...llama,
      "tokenizer.ggml.model": "t5",
      "tokenizer.ggml.precompiled_charsmap": [...Buffer.from(pieces.charsmap, "base64")],
      "tokenizer.ggml.remove_extra_whitespaces": true,
    };
    const bert = { ...llama, "tokenizer.ggml.model": "bert" };
    const kinds = [llama, gpt2, t5, bert];
    run(2, MUTANTS / 4, (numbers, index) => {
      const metadata = mutated(kinds[index % kinds.length], numbers);
      return () => tokenizerFromGguf(Object(metadata) as Json) ?? noTokenizer();
    });
  });
});
