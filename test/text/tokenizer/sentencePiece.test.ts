/** @file Folders with SentencePiece's own file, against SentencePiece and against transformers. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { drawnTokens } from "../../../src/models/drawnTokens.ts";
import { openBlobs } from "../../../src/models/openBlobs.ts";
import { openModel } from "../../../src/models/open.ts";
import { openTokenizer } from "../../../src/models/openTokenizer.ts";
import { wantedIn, TOKENIZER_FILES } from "../../../src/models/hub/wantedFiles.ts";
import { tokenizerFromSentencePiece } from "../../../src/text/tokenizer/tokenizerFromSentencePiece.ts";
import {
  CONFIG,
  matrixTensors,
  numbers,
  plainTensors,
  writeFolder,
} from "../../models/tinyLlama.ts";
import { hash24, randomTexts } from "./randomText.ts";

interface Recorded {
  readonly file: string;
  readonly seed: number;
  readonly count: number;
  readonly hashes: string;
  readonly explicit: readonly (readonly [string, readonly number[]])[];
}
interface Special {
  readonly config: Readonly<Record<string, unknown>>;
  readonly bos: number;
  readonly whole: readonly number[];
  readonly ids: readonly (readonly number[])[];
}
/** Another file of the same form, with more texts or SentencePiece's own table of characters, is compared in its place. */
const FILE =
  process.env["INDUCTION_LENS_SENTENCEPIECE"] ?? "test/fixtures/tokenizer/sentencepiece.json";
const { models, special, legacy, refused } = JSON.parse(readFileSync(FILE, "utf8")) as {
  models: Record<string, Recorded> & Record<"llama", Recorded>;
  special: readonly string[];
  legacy: readonly Special[];
  refused: Record<string, string>;
};
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const tokenizerOf = (file: string, config: object = {}) =>
  tokenizerFromSentencePiece({
    ...{ model: bytesOf(file), name: "tokenizer.model", config: JSON.stringify(config) },
  });

describe("tokenizer.model without tokenizer.json", () => {
  test.each(Object.entries(models))("gives the ids that SentencePiece gives: %s", (_, recorded) => {
    const tokenizer = tokenizerOf(recorded.file);
    for (const [text, ids] of recorded.explicit)
      expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
    const hashes = Buffer.from(recorded.hashes, "base64");
    const texts = randomTexts(recorded.seed);
    const different = Array.from({ length: recorded.count }, (_, index) => {
      const text = texts.next().value;
      return hash24(tokenizer.encode(text)) === hashes.readUIntLE(index * 3, 3) ? [] : [text];
    });
    expect(different.flat().slice(0, 3)).toEqual([]);
  });

  test.each(legacy)("takes names of special tokens as transformers does: $config", (recorded) => {
    const tokenizer = tokenizerOf(models.llama.file, recorded.config);
    expect(special.map((text) => tokenizer.encode(text))).toEqual(recorded.ids);
    const { bos, eos } = tokenizer;
    const whole = [...(bos.addToText ? [bos.id] : []), ...tokenizer.encode("ab")];
    expect([...whole, ...(eos ? [eos.id] : [])]).toEqual(recorded.whole);
    expect(bos.id).toBe(recorded.bos);
    const file = bos.addToText ? "tokenizer_config.json" : "tokenizer.model";
    expect(bos.source).toBe(file);
  });

  test("is LLaMA's class by name: only the beginning of a text has the space in front", () => {
    const llama = tokenizerOf(models.llama.file, { tokenizer_class: "LlamaTokenizer" });
    const { ids } = legacy.find(({ config }) => config.legacy === false)!;
    expect(special.map((text) => llama.encode(text))).toEqual(ids);
  });

  test.each(["mistral", "phi3", "granite"])(
    "is the general class in %s, whatever class is named: each part has the space in front",
    (family) => {
      const tokenizer = tokenizerFromSentencePiece({
        ...{ model: bytesOf(models.llama.file), name: "tokenizer.model" },
        config: JSON.stringify({ tokenizer_class: "LlamaTokenizer" }),
        modelConfig: JSON.stringify({ model_type: family }),
      });
      const { ids } = legacy.find(({ config }) => config.legacy === true)!;
      expect(special.map((text) => tokenizer.encode(text))).toEqual(ids);
    },
  );

  test("gives the text back, byte by byte where it has no piece", () => {
    const tokenizer = tokenizerOf(models.llama.file);
    const text = "Hello 🙂 x\n";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(` ${text}`);
    expect(tokenizer.specialTokens.map(({ content }) => content)).toEqual([
      ...["<unk>", "<s>", "</s>", "[INST]"],
    ]);
  });

  test("is refused with the way on where words are pieces as a whole", () => {
    expect(() => tokenizerOf(refused["word"]!)).toThrow(
      "is a model of the kind word, which is not",
    );
    expect(() => tokenizerOf(refused["word"]!)).toThrow("save_pretrained(...) writes one");
  });

  test("is refused where it is another's file, cut short or without pieces", () => {
    const whole = bytesOf(models.llama.file);
    const open = (model: Uint8Array) => () =>
      tokenizerFromSentencePiece({ model, name: "tokenizer.model" });
    expect(open(new TextEncoder().encode("IQ== 0\nIg== 1\n"))).toThrow(
      "is no file of SentencePiece",
    );
    for (let length = 1; length < whole.length; length += 97)
      try {
        open(whole.subarray(0, length))();
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    expect(open(whole.subarray(0, 50))).toThrow("is no file of SentencePiece");
    expect(open(new BinaryWriter().finish())).toThrow("has no pieces");
    expect(() =>
      tokenizerOf(models.llama.file, { added_tokens_decoder: { 900: { content: "<x>" } } }),
    ).toThrow('or the next, 700, got "<x>" with 900');
    expect(() =>
      tokenizerOf(models.llama.file, {
        added_tokens_decoder: { 700: { content: "<x>", lstrip: true } },
      }),
    ).toThrow("takes the spaces beside it");
  });

  test("is read from folders and from dropped files, and tells which ids are text and what BOS is", async () => {
    const larger = plainTensors().map((each) =>
      each.shape[0] === 24 ? { ...each, shape: [700, 16], data: numbers([700, 16], 1) } : each,
    );
    const path = writeFolder(
      await mkdtemp(join(tmpdir(), "pieces-")),
      [...larger, ...matrixTensors()],
      { config: { ...CONFIG, vocab_size: 700 } },
    );
    await writeFile(join(path, "tokenizer.model"), bytesOf(models.llama.file));
    const model = await openModel(path);
    const { bos } = model.architecture;
    expect(bos).toMatchObject({ token: 1, add: true, source: "tokenizer.model" });
    expect(drawnTokens(model.architecture)).toMatchObject({
      leftOut: { special: 4, added: 1, bytes: 256 },
      source: "tokenizer.model",
    });
    const [text, ids] = models.llama.explicit.at(-1)!;
    expect((await model.tokenizer())!.encode(text)).toEqual(ids);
    await model.close();
    expect((await openTokenizer(path)).encode(text)).toEqual(ids);
    const names = ["config.json", "model.safetensors", "tokenizer.model"];
    const files = names.map((name) => ({ name, blob: new Blob([readFileSync(join(path, name))]) }));
    expect((await (await openBlobs(files)).tokenizer())!.encode(text)).toEqual(ids);
  });

  test("is brought from the hub where there is no tokenizer.json", () => {
    const optionalOf = (names: string[]) => wantedIn(TOKENIZER_FILES, names).optional;
    expect(optionalOf(["tokenizer.model"])).toContain("tokenizer.model");
    expect(optionalOf(["tokenizer.model", "tokenizer.json"])).not.toContain("tokenizer.model");
  });
});
