import { existsSync, readFileSync } from "node:fs";
import { gguf } from "@huggingface/gguf";
import { beforeAll, describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { fileSource } from "../../../src/formats/file.ts";
import { readGguf } from "../../../src/formats/gguf/readGguf.ts";
import { characterTokenizer } from "../../../src/text/tokenizer/characterTokenizer.ts";
import { SPLIT_PATTERNS } from "../../../src/text/tokenizer/splitPatterns.ts";
import { wellFormed, type Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import {
  ggufTextNotice,
  tokenizerFromGguf,
  type GgufMetadata,
} from "../../../src/text/tokenizer/tokenizerFromGguf.ts";
import { tokenizerFromJson } from "../../../src/text/tokenizer/tokenizerFromJson.ts";
import { tokenizerFromMerges } from "../../../src/text/tokenizer/tokenizerFromMerges.ts";
import { naiveBpe } from "./naiveBpe.ts";
import { expectVectors, type Vectors } from "./expectVectors.ts";
import { randomTexts } from "./randomText.ts";

interface TokenizerFile {
  readonly model: { vocab: Record<string, number>; merges: [string, string][] };
  readonly [key: string]: unknown;
}
const VECTORS = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizer/vectors.json", import.meta.url), "utf8"),
) as {
  byteLevel: Vectors & { tokenizer: TokenizerFile };
  metaspace: Vectors & { tokenizer: TokenizerFile };
  variants: (readonly ["byteLevel" | "metaspace", object, Vectors])[];
  sentencePiece: Vectors & { pieces: [string, number, number][] };
  smollm2: Vectors;
  tok512: Vectors;
};
/** By tools/make_cut_vectors.py. */
const CUTS = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizer/cuts.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Vectors>>;
const GEMMA_VECTORS = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizer/gemma.json", import.meta.url), "utf8"),
) as Vectors;
const GEMMA = "../shared/data/gemma3-270m/gemma-3-270m.v40960.Q4_K_M.gguf";
const SMOLLM2 = "../shared/data/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
const TOK512 = "../shared/data/stories260k/tok512.bin";

/** Of metadata that have one. */
const fromGguf = (metadata: GgufMetadata): Tokenizer => tokenizerFromGguf(metadata)!;

describe("tokenizerFromJson(json, config)", () => {
  test(`agrees with the reference on ${VECTORS.byteLevel.count} texts, for bytes with Qwen's cut and NFC`, () => {
    const tokenizer = tokenizerFromJson(VECTORS.byteLevel.tokenizer);
    expectVectors(tokenizer, VECTORS.byteLevel, (text) => wellFormed(text).normalize("NFC"));
  });

  test(`agrees with the reference on ${VECTORS.metaspace.count} texts, for characters with bytes to fall back on`, () => {
    const tokenizer = tokenizerFromJson(VECTORS.metaspace.tokenizer);
    const normalised = (text: string) =>
      text === "" ? "" : ` ${wellFormed(text).replaceAll("\u2581", " ")}`;
    expectVectors(tokenizer, VECTORS.metaspace, normalised);
  });

  test.each(VECTORS.variants)(
    "agrees with the reference on 1,000 texts, for %s with %j",
    (base, change, vectors) => {
      const tokenizer = tokenizerFromJson({ ...VECTORS[base].tokenizer, ...change });
      expectVectors(tokenizer, vectors, null);
    },
  );

  test("agrees with a plain implementation on 20,000 texts, for GPT-2's kind", () => {
    const { vocab, merges } = VECTORS.byteLevel.tokenizer.model;
    const tokenizer = tokenizerFromMerges({
      vocab: JSON.stringify(vocab),
      merges: merges.map((pair) => pair.join(" ")).join("\n"),
    });
    const plain = naiveBpe(new Map(Object.entries(vocab)), merges, "gpt2");
    const texts = randomTexts(11);
    let different = 0;
    for (let count = 0; count < 20_000; count++) {
      const text = texts.next().value;
      const ids = tokenizer.encode(text);
      if (ids.join() !== plain(wellFormed(text)).join()) different++;
      if (tokenizer.decode(ids) !== wellFormed(text)) different++;
    }
    expect(different).toBe(0);
  });

  test("knows its special tokens, and adds none", () => {
    const tokenizer = tokenizerFromJson(VECTORS.metaspace.tokenizer);
    expect(tokenizer.specialTokens).toEqual([
      { id: 0, content: "<unk>" },
      { id: 1, content: "<s>" },
      { id: 2, content: "</s>" },
    ]);
    expect(tokenizer.vocabSize).toBe(Object.keys(VECTORS.metaspace.tokenizer.model.vocab).length);
    expect(tokenizer.encode("")).toEqual([]);
    expect(tokenizer.decode([])).toBe("");
  });

  test("states the BOS policy: the template decides, and a flag against it is mentioned", () => {
    const { tokenizer } = VECTORS.metaspace;
    const policy = (config: object | null) => tokenizerFromJson(tokenizer, config).bos;
    expect(policy(null)).toEqual({
      id: 1,
      addToText: true,
      why: "the template in tokenizer.json begins with it",
      source: "tokenizer.json",
    });
    expect(policy({ bos_token: { content: "<s>" }, add_bos_token: false })).toMatchObject({
      id: 1,
      addToText: true,
      why: "the template in tokenizer.json begins with it; add_bos_token false of tokenizer_config.json counts for nothing beside it",
    });
    const plain = VECTORS.byteLevel.tokenizer;
    expect(tokenizerFromJson(plain).bos).toMatchObject({ id: null, addToText: false });
    const bosPolicy = tokenizerFromJson(plain, { bos_token: "<|endoftext|>" }).bos;
    expect(bosPolicy.id).toBe(tokenizerFromJson(plain).specialTokens[0]!.id);
    expect(bosPolicy.addToText).toBe(false);
  });

  test("makes one U+FFFD of each lone surrogate, and gives ranges in UTF-8 bytes", () => {
    const tokenizer = tokenizerFromJson(VECTORS.byteLevel.tokenizer);
    expect(tokenizer.decode(tokenizer.encode("a\ud83db\udc00"))).toBe("a\ufffdb\ufffd");
    expect(tokenizer.ranges("é🙂").at(-1)?.[1]).toBe(6);
  });

  test.each([
    ["no JSON", "{", "tokenizer.json is not JSON"],
    [
      "another model",
      { model: { type: "WordLevel", vocab: {} } },
      'needs the model BPE, WordPiece, Unigram, got "WordLevel"',
    ],
    [
      "an unknown step",
      { model: { type: "BPE", vocab: { a: 0 }, merges: [] }, normalizer: { type: "Nmt" } },
      'normalizer "Nmt" of a tokenizer.json is not supported',
    ],
    [
      "two tokens with one id",
      { model: { type: "BPE", vocab: { a: 0, b: 0 }, merges: [] } },
      'gives the id 0 to "a" and "b"',
    ],
    [
      "an id that is none",
      { model: { type: "BPE", vocab: { a: -1 }, merges: [] } },
      "needs ids from 0 to 3999999, got -1",
    ],
    ["a huge id", { model: { type: "BPE", vocab: { a: 1e9 }, merges: [] } }, "got 1000000000"],
    [
      "a merge of one",
      { model: { type: "BPE", vocab: { a: 0 }, merges: ["a"] } },
      'needs merges of two tokens, got "a"',
    ],
    [
      "dropout",
      { model: { type: "BPE", vocab: { a: 0 }, merges: [], dropout: 0.1 } },
      "has a dropout",
    ],
    [
      "a pattern without end",
      {
        model: { type: "BPE", vocab: { a: 0 }, merges: [] },
        pre_tokenizer: { type: "Split", behavior: "Isolated", pattern: { Regex: "(a+)+$" } },
      },
      "could take for ever",
    ],
    ["no tokens", { model: { type: "BPE", vocab: {}, merges: [] } }, "has no tokens"],
  ])("refuses %s", (_, json, message) => {
    const build = () => tokenizerFromJson(json);
    expect(build).toThrow(InputError);
    expect(build).toThrow(message);
  });

  test("refuses ids that it does not have", () => {
    const tokenizer = tokenizerFromJson(VECTORS.byteLevel.tokenizer);
    for (const id of [-1, tokenizer.vocabSize, 1.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(/has ids from 0 to \d+, got/);
    }
  });
});

describe("tokenizerFromGguf(metadata)", () => {
  const { vocab, merges } = VECTORS.byteLevel.tokenizer.model;
  const tokens = Object.keys(vocab).sort((a, other) => vocab[a]! - vocab[other]!);
  const small: GgufMetadata = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": [...tokens, "<|endoftext|>", "   "],
    "tokenizer.ggml.token_type": [...tokens.map(() => 1), 3, 4],
    "tokenizer.ggml.merges": merges.map((pair) => pair.join(" ")),
    "tokenizer.ggml.bos_token_id": tokens.length,
    "tokenizer.ggml.add_bos_token": false,
  };
  const pieces = VECTORS.sentencePiece.pieces;
  const llama: GgufMetadata = {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.tokens": pieces.map(([piece]) => piece),
    "tokenizer.ggml.scores": Float32Array.from(pieces, ([, score]) => score),
    "tokenizer.ggml.token_type": Int32Array.from(pieces, ([, , type]) => type),
    "tokenizer.ggml.bos_token_id": 1,
  };

  test("gives the ids of the tokenizer.json that it was made from", () => {
    const [ours, fromJson] = [fromGguf(small), tokenizerFromJson(VECTORS.byteLevel.tokenizer)];
    const texts = randomTexts(12);
    for (let count = 0; count < 2000; count++) {
      const text = texts.next().value.replaceAll("  ", " "); // the json normalises its added spaces, the GGUF does not
      expect(ours.encode(text)).toEqual(fromJson.encode(text));
    }
  });

  test.each(Object.entries(CUTS))(
    "agrees with the reference on 500 texts under the cut %s, and some that tell cuts apart",
    (pre, vectors) => {
      const { vocab: ids, merges: joins } = VECTORS.byteLevel.tokenizer.model;
      const cut = fromGguf({
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": Object.keys(ids).sort((a, other) => ids[a]! - ids[other]!),
        "tokenizer.ggml.merges": joins.map((pair) => pair.join(" ")),
      });
      expectVectors(cut, vectors, null);
    },
  );

  test("knows every cut under each of its names as the reference knows one of them", () => {
    const checked = Object.keys(CUTS).map((name) => SPLIT_PATTERNS.get(name));
    for (const [name, pattern] of SPLIT_PATTERNS) expect(checked, name).toContain(pattern);
  });

  test(`agrees with SentencePiece on ${VECTORS.sentencePiece.count} texts, for the llama kind`, () => {
    const normalised = (text: string) =>
      text === "" ? "" : ` ${wellFormed(text).replaceAll("\u2581", " ")}`;
    expectVectors(fromGguf(llama), VECTORS.sentencePiece, normalised);
  });

  test("joins the best score first, of equals the leftmost, and takes unused pieces apart again", () => {
    const rows: [string, number, number][] = [
      ["<unk>", 0, 2],
      ["a", -9, 1],
      ["b", -9, 1],
      ["c", -9, 1],
      ["aa", -2, 1],
      ["aaa", -1, 1],
      ["bc", -3, 5],
      ["ab", -4, 1],
    ];
    const tokenizer = fromGguf({
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.ggml.tokens": rows.map(([piece]) => piece),
      "tokenizer.ggml.scores": rows.map(([, score]) => score),
      "tokenizer.ggml.token_type": rows.map(([, , type]) => type),
    });
    const pieces = (text: string) => tokenizer.pieces(tokenizer.encode(text));
    expect(pieces("aaaaa")).toEqual(["aaa", "aa"]);
    expect(pieces("aab")).toEqual(["aa", "b"]);
    expect(pieces("abc")).toEqual(["a", "b", "c"]);
    expect(pieces("axyzb")).toEqual(["a", "<unk>", "b"]);
  });

  test("follows the flags about BOS and the space in front", () => {
    expect(fromGguf(llama).bos).toMatchObject({ id: 1, addToText: true });
    expect(fromGguf(small).bos).toEqual({
      id: tokens.length,
      addToText: false,
      why: "the GGUF sets add_bos_token false",
    });
    const without = fromGguf({ ...llama, "tokenizer.ggml.add_space_prefix": false });
    expect(without.decode(without.encode("hello"))).toBe("hello");
    expect(fromGguf(llama).encode("<s>")).toEqual([1]);
  });

  test.each<[string, GgufMetadata, RegExp]>([
    [
      "another kind",
      { ...llama, "tokenizer.ggml.model": "rwkv" },
      /a tokenizer of the kind "rwkv"/,
    ],
    [
      "a cut that is not known",
      { ...small, "tokenizer.ggml.pre": "mine" },
      /is "mine", a cut that is not known \(known: gpt-2, /,
    ],
    [
      "no cut, and a vocabulary that does not tell",
      { ...small, "tokenizer.ggml.pre": undefined },
      /tokenizer\.ggml\.pre is missing\), and its vocabulary is none that tells; give token ids/,
    ],
    ["a cut that is none", { ...small, "tokenizer.ggml.pre": "default" }, /is "default"\)/],
  ])("refuses text for %s, and reads ids", (_, metadata, message) => {
    const tokenizer = fromGguf(metadata);
    expect(() => tokenizer.encode("a")).toThrow(InputError);
    expect(() => tokenizer.encode("a")).toThrow(message);
    expect(() => tokenizer.ranges("a")).toThrow(message);
    const ids =
      metadata["tokenizer.ggml.model"] === "gpt2" ? fromGguf(small).encode("a b é") : [5, 300];
    const whole = metadata["tokenizer.ggml.model"] === "gpt2" ? fromGguf(small) : fromGguf(llama);
    expect(tokenizer.pieces(ids)).toEqual(whole.pieces(ids));
    expect(tokenizer.specialTokens).toEqual(whole.specialTokens);
    expect(() => tokenizer.pieces([1e6])).toThrow(/has ids from 0 to/);
    expect(ggufTextNotice(metadata)).toMatch(message);
  });

  test("is null where the GGUF has none", () => {
    expect(tokenizerFromGguf({})).toBeNull();
    expect(tokenizerFromGguf({ "tokenizer.ggml.model": "none" })).toBeNull();
  });

  test("takes the cut from a vocabulary that tells it, and says so", () => {
    const end = "<|endoftext|>";
    const at = (marks: readonly (readonly [number, string])[]) => {
      const words = Array.from({ length: 50300 }, (_, id) => `x${id}`);
      for (const [id, token] of marks) words[id] = token;
      return fromGguf({
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.merges": ["x 1"],
      });
    };
    expect(
      at([
        [0, "!"],
        [50256, end],
      ]).description,
    ).toBe(
      "the GGUF's gpt2 tokenizer (gpt-2, which its vocabulary shows and the file does not say)",
    );
    expect(
      at([
        [0, end],
        [1, "<|padding|>"],
        [2, "!"],
      ]).description,
    ).toMatch(/\(olmo, which/);
    expect(at([[50256, end]]).description).toMatch(/for ids only/);
    expect(ggufTextNotice(small)).toBeNull();
    expect(ggufTextNotice(llama)).toBeNull();
  });

  test("has BOS before a text where the cut has one and the file does not say", () => {
    const bos = (pre: string) =>
      fromGguf({ ...small, "tokenizer.ggml.add_bos_token": undefined, "tokenizer.ggml.pre": pre })
        .bos;
    expect(bos("llama-bpe")).toMatchObject({
      addToText: true,
      why: expect.stringMatching(/cut llama-bpe, which has one before a text/) as string,
    });
    expect(bos("qwen2").addToText).toBe(false);
  });

  test.each([
    [
      "scores that do not fit",
      { ...llama, "tokenizer.ggml.scores": [1] },
      /a score per token, got 1 for/,
    ],
    [
      "types that do not fit",
      { ...llama, "tokenizer.ggml.token_type": [1] },
      /a type per token, got 1 for/,
    ],
    [
      "no merges",
      { ...small, "tokenizer.ggml.merges": undefined },
      "tokenizer.ggml.merges of a GGUF is missing or malformed",
    ],
    [
      "an empty token",
      { ...llama, "tokenizer.ggml.tokens": pieces.map(() => "") },
      "at least one character",
    ],
  ])("refuses %s", (_, metadata, message) => {
    expect(() => fromGguf(metadata)).toThrow(message);
    expect(() => fromGguf(metadata)).toThrow(InputError);
  });
});

describe.skipIf(!existsSync(GEMMA))(
  "the tokenizer inside Gemma 3's GGUF (needs the shared data)",
  () => {
    test(`agrees with SentencePiece on ${GEMMA_VECTORS.count} texts, without a space in front`, async () => {
      const { metadata } = await readGguf(await fileSource(GEMMA));
      const tokenizer = fromGguf(Object.fromEntries(metadata));
      expectVectors(tokenizer, GEMMA_VECTORS, null); // the cut vocabulary has no token for a space
      expect(tokenizer.bos).toMatchObject({ id: 2, addToText: true });
    });
  },
);

describe.skipIf(!existsSync(SMOLLM2))(
  "the tokenizer inside SmolLM2's GGUF (needs the shared data)",
  () => {
    let metadata: GgufMetadata;
    let tokenizer: Tokenizer;
    beforeAll(async () => {
      metadata = (await gguf(SMOLLM2, { allowLocalFile: true }))
        .metadata as unknown as GgufMetadata;
      tokenizer = fromGguf(metadata);
    });

    test("gives the ids that Hugging Face gives", () => {
      const golden = JSON.parse(
        readFileSync("../shared/goldens/smollm2-135m/expected.json", "utf8"),
      ) as {
        texts: { text: string; ids: number[] }[];
      };
      for (const { text, ids } of golden.texts) {
        expect(tokenizer.encode(text)).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
      expect(tokenizer.bos).toEqual({
        id: 1,
        addToText: false,
        why: "the GGUF sets add_bos_token false",
      });
      expect([tokenizer.vocabSize, tokenizer.specialTokens.length]).toEqual([49152, 17]);
    });

    test(`agrees with the reference on ${VECTORS.smollm2.count} texts`, () => {
      expectVectors(tokenizer, VECTORS.smollm2, null); // its vocabulary lacks some bytes, which are left out
    });

    test("agrees with a plain implementation on 20,000 other texts", () => {
      const strings = metadata["tokenizer.ggml.tokens"] as string[];
      const pairs = (metadata["tokenizer.ggml.merges"] as string[]).map(
        (merge) => merge.split(" ") as [string, string],
      );
      const plain = naiveBpe(new Map(strings.map((token, id) => [token, id])), pairs, "digits");
      const texts = randomTexts(13);
      let different = 0;
      for (let count = 0; count < 20_000; count++) {
        const text = texts.next().value;
        if (tokenizer.encode(text).join() !== plain(wellFormed(text)).join()) different++;
      }
      expect(different).toBe(0);
    });
  },
);

describe.skipIf(!existsSync(TOK512))(
  "the llama tokenizer of stories260K (needs the shared data)",
  () => {
    test(`agrees with SentencePiece on ${VECTORS.tok512.count} texts`, () => {
      const tokenizer = fromGguf(tok512());
      const normalised = (text: string) =>
        text === "" ? "" : ` ${wellFormed(text).replaceAll("\u2581", " ")}`;
      expectVectors(tokenizer, VECTORS.tok512, normalised);
      expect(tokenizer.pieces(tokenizer.encode("Once upon a time"))).toEqual([
        " Once",
        " upon",
        " a",
        " time",
      ]);
    });

    /** llama2.c's export, as the GGUF of the same tokenizer would have it. */
    function tok512(): GgufMetadata {
      const raw = readFileSync(TOK512);
      const pieces: { name: string; score: number }[] = [];
      for (let at = 4; at < raw.length;) {
        const size = raw.readInt32LE(at + 4);
        const name = raw.toString("utf8", at + 8, at + 8 + size);
        pieces.push({ name, score: raw.readFloatLE(at) });
        at += 8 + size;
      }
      const typeOf = (id: number) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1);
      return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": pieces.map(({ name }, id) =>
          id < 3 ? name.trim() : name.replaceAll(" ", "\u2581"),
        ),
        "tokenizer.ggml.scores": pieces.map(({ score }) => score),
        "tokenizer.ggml.token_type": pieces.map((_, id) => typeOf(id)),
      };
    }
  },
);

describe("characterTokenizer(table)", () => {
  test("gives each character its id, and back", () => {
    const tokenizer = characterTokenizer({ stoi: { a: 2, "🙂": 0, "\n": 1 } });
    expect(tokenizer.encode("a\n🙂a")).toEqual([2, 1, 0, 2]);
    expect(tokenizer.decode([2, 1, 0])).toBe("a\n🙂");
    expect(tokenizer.pieces([0, 2])).toEqual(["🙂", "a"]);
    expect(tokenizer.ranges("a🙂")).toEqual([
      [0, 1],
      [1, 5],
    ]);
    expect(tokenizer.vocabSize).toBe(3);
    expect(tokenizer.bos.id).toBe(null);
  });

  test("takes a plain list, and a larger vocabulary", () => {
    expect(characterTokenizer(["x", "y"]).encode("yx")).toEqual([1, 0]);
    expect(characterTokenizer({ stoi: new Map([["x", 0]]), vocabSize: 64 }).vocabSize).toBe(64);
  });

  test("refuses characters it does not have, by name, and tables that are none", () => {
    expect(() => characterTokenizer(["x"]).encode("xyz\ud800")).toThrow(
      'the character table has no "y", "z", "\ufffd"',
    );
    expect(() => characterTokenizer(["xy"])).toThrow(
      /needs single characters with ids from 0, got \["xy",0\]/,
    );
    expect(() => characterTokenizer({ stoi: { a: 0, b: 0 } })).toThrow(
      /an id of its own per character/,
    );
    expect(() => characterTokenizer([])).toThrow(InputError);
  });
});
