/** @file WordPiece and Unigram of a tokenizer.json against the reference, by tools/make_piece_vectors.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { charsmapOf } from "../../../src/text/tokenizer/charsmap.ts";
import { tokenizerFromJson } from "../../../src/text/tokenizer/tokenizerFromJson.ts";
import {
  ggufTextNotice,
  tokenizerFromGguf,
} from "../../../src/text/tokenizer/tokenizerFromGguf.ts";
import { expectVectors, type Vectors } from "./expectVectors.ts";
import { randomTexts } from "./randomText.ts";

type Json = Record<string, unknown>;
type Base = "wordPiece" | "unigram";
interface Change extends Json {
  readonly model?: Json;
}
/** Another file of the same form, with more texts or SentencePiece's own table of characters, is compared in its place. */
const FILE = process.env["INDUCTION_LENS_PIECES"] ?? "test/fixtures/tokenizer/pieces.json";
const { charsmap, bases, cases, sentences } = JSON.parse(readFileSync(FILE, "utf8")) as {
  charsmap: string;
  bases: Record<Base, Json & { model: Json }>;
  cases: [Base, Change, Vectors][];
  sentences: (Vectors & { pieces: [string, number, number][]; flags: Record<string, boolean> })[];
};

/** The tokenizer.json that the reference had. */
function described(base: Base, change: Change): Json {
  const model = { ...bases[base].model, ...change.model };
  const whole = JSON.stringify({ ...bases[base], ...change, model });
  return JSON.parse(whole.replace("CHARSMAP", charsmap)) as Json;
}
const tokenizerOf = (base: Base, change: Change = {}) => tokenizerFromJson(described(base, change));

describe("tokenizerFromJson(json) for WordPiece and Unigram", () => {
  test.each(cases.map((one, index) => [index, ...one] as const))(
    "agrees with the reference on random texts: pipeline %i, %s",
    (_, base, change, vectors) => {
      expectVectors(tokenizerOf(base, change), vectors, null);
    },
  );

  test("writes WordPiece with a space before each word, and added tokens without", () => {
    const tokenizer = tokenizerOf("wordPiece");
    const pieces = tokenizer.pieces(tokenizer.encode("The [MASK]capital, of"));
    expect(pieces.join("")).toBe(" the[MASK] capital , of");
    expect(tokenizer.ranges("The of")).toEqual([
      [0, 4],
      [4, 7],
    ]);
  });

  test("writes Unigram with spaces for U+2581, and bytes as what they make together", () => {
    const change = cases.find(([base, { model }]) => base === "unigram" && model)![1];
    const tokenizer = tokenizerOf("unigram", change);
    expect(tokenizer.decode(tokenizer.encode("two \u4e16 of"))).toBe("two \u4e16 of");
    expect(tokenizer.encode("\u2ee4")).toHaveLength(3); // no piece, three bytes
  });

  test("takes what a post-processor begins with for BOS", () => {
    const cls = { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
    const single = [{ Sequence: { id: "A" } }, { SpecialToken: { id: "</s>" } }];
    const bert = tokenizerOf("wordPiece", { post_processor: cls }).bos;
    expect(bert).toMatchObject({ id: 2, addToText: true });
    const t5 = tokenizerOf("unigram", { post_processor: { type: "TemplateProcessing", single } });
    expect(t5.bos).toMatchObject({ id: null, addToText: false });
  });

  test.each(["wordPiece", "unigram"] as const)(
    "tells %s in files that do not name models",
    (base) => {
      const { type: _, ...model } = bases[base].model;
      const tokenizer = tokenizerFromJson({ ...bases[base], model });
      expect(tokenizer.encode("two of")).toEqual(tokenizerOf(base).encode("two of"));
    },
  );

  test("takes what tokenizer_config.json says of capitals where the class is BERT's", () => {
    const file = described("wordPiece", {});
    const encode = (config: Json) => tokenizerFromJson(file, config).encode("The");
    const cased = { tokenizer_class: "BertTokenizer", do_lower_case: false };
    expect(encode(cased)).not.toEqual(encode({ tokenizer_class: "BertTokenizer" }));
    const general = { ...cased, tokenizer_class: "PreTrainedTokenizerFast" };
    expect(encode(general)).toEqual(encode({}));
  });

  const vocab = { "[UNK]": 0, a: 1 };
  test.each<[string, Json, RegExp]>([
    ["a word without a token", { type: "WordPiece", vocab: { a: 0 } }, /no token for a part/],
    [
      "an unk_token that is none",
      { type: "WordPiece", vocab, unk_token: 1 },
      /the texts unk_token/,
    ],
    [
      "pieces without scores",
      { type: "Unigram", vocab: ["a"] },
      /pieces with their scores, got "a"/,
    ],
    ["scores that are none", { type: "Unigram", vocab: [["a", null]] }, /got \["a",null\]/],
    [
      "an unk_id beyond",
      { type: "Unigram", vocab: [["a", 0]], unk_id: 1 },
      /an unk_id below 1, got 1/,
    ],
    ["a character without one", { type: "Unigram", vocab: [["a", 0]] }, /no token for a part/],
    ["no pieces", { type: "Unigram", vocab: [] }, /has no tokens/],
  ])("refuses %s", (_, model, message) => {
    const encode = () => tokenizerFromJson({ model }).encode("b");
    expect(encode).toThrow(InputError);
    expect(encode).toThrow(message);
  });
});

describe("tokenizerFromGguf(metadata) for the kinds bert and t5", () => {
  const ggml = (values: object) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
    );

  test.each(sentences)("agrees with SentencePiece on random texts: t5 with $flags", (entry) => {
    const { pieces, flags } = entry;
    const metadata = ggml({
      model: "t5",
      tokens: pieces.map(([piece]) => piece),
      scores: Float32Array.from(pieces, ([, score]) => score),
      token_type: Int32Array.from(pieces, ([, , type]) => type),
      precompiled_charsmap: Uint8Array.from(Buffer.from(charsmap, "base64")),
      ...flags,
    });
    const tokenizer = tokenizerFromGguf(metadata)!;
    expectVectors(tokenizer, entry, null);
    expect(tokenizer.bos).toMatchObject({ id: null, addToText: false });
    expect(ggufTextNotice(metadata)).toBeNull();
  });

  /** Tokens by id. A mark inside a token is lost in a GGUF, so tokens with one have other names here. */
  const names = Object.entries(bases.wordPiece.model["vocab"] as Record<string, number>)
    .sort(([, id], [, other]) => id - other)
    .map(([token, id]) => (token.includes("\u2581") ? `no ${id}` : token));

  /** As the converter writes a BERT: a mark where a word begins, none where one goes on. */
  function bertMetadata(changes: object = {}) {
    const isControl = (token: string) => /^\[[A-Z]+\]$/.test(token);
    const marked = (token: string) =>
      isControl(token) ? token : token.startsWith("##") ? token.slice(2) : `\u2581${token}`;
    const types = names.map((token) => (isControl(token) ? 3 : 1));
    const ids = { unknown_token_id: 1, cls_token_id: 2, seperator_token_id: 3 };
    return ggml({
      model: "bert",
      tokens: names.map(marked),
      token_type: types,
      ...ids,
      ...changes,
    });
  }

  test("gives the ids of the tokenizer.json that a BERT was made from", () => {
    const ours = tokenizerFromGguf(bertMetadata())!;
    const fromJson = tokenizerOf("wordPiece", {
      model: { vocab: Object.fromEntries(names.map((token, id) => [token, id])) },
    });
    const texts = randomTexts(31);
    for (let count = 0; count < 2000; count++) {
      const text = texts.next().value;
      expect(ours.encode(text)).toEqual(fromJson.encode(text));
    }
    expect(ours.pieces(ours.encode("The [MASK]capital"))).toEqual(
      fromJson.pieces(fromJson.encode("The [MASK]capital")),
    );
    expect(ours.bos).toMatchObject({ id: 2, addToText: true });
    expect(ours.eos?.id).toBe(3);
  });

  test("leaves capitals and accents where the vocabulary has capitals", () => {
    expect(tokenizerFromGguf(bertMetadata())!.description).toMatch(/without capitals/);
    const tokens = ["[UNK]", "\u2581The", "\u2581\u00c9", "\u2581e"];
    const cased = tokenizerFromGguf(
      bertMetadata({ tokens, token_type: [3, 1, 1, 1], unknown_token_id: 0 }),
    )!;
    expect(cased.encode("The \u00c9 E")).toEqual([1, 2, 0]);
  });
});

describe("charsmapOf(bytes)", () => {
  const map = charsmapOf(Uint8Array.from(Buffer.from(charsmap, "base64")));
  const utf8 = new TextEncoder();

  test("finds the shortest and the longest prefix that the table has", () => {
    expect(map.shortest(utf8.encode("\r\nx"), 0)).toEqual({ text: " ", bytes: 1 });
    expect(map.longest(utf8.encode("\r\nx"), 0)).toEqual({ text: " ", bytes: 2 });
    expect(map.longest(utf8.encode("x\ufb01"), 1)).toEqual({ text: "fi", bytes: 3 });
    expect(map.longest(utf8.encode("x"), 0)).toBeNull();
  });

  test.each([0, 3, 6, 7])("refuses %i bytes of a table that has more", (length) => {
    const bytes = Uint8Array.from(Buffer.from(charsmap, "base64")).subarray(0, length);
    expect(() => charsmapOf(bytes)).toThrow(/needs a trie that fits, got one of \d+ in \d bytes/);
  });

  test("ends where a trie leads out of itself", () => {
    const bytes = Uint8Array.from(Buffer.from(charsmap, "base64"));
    for (let at = 4; at < 2000; at++) {
      const broken = charsmapOf(bytes.map((byte, index) => (index === at ? byte ^ 0xff : byte)));
      for (const text of ["\r\n", "\ufb01", "A", "\u{20000}"]) broken.longest(utf8.encode(text), 0);
    }
  });
});
