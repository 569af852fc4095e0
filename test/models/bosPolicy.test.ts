/** @file What a loaded folder says of BOS and of the ids that random rows are drawn from. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { generatedRows } from "../../src/inputs/scoreInput.ts";
import { promptRows } from "../../src/inputs/promptRows.ts";
import { sequencesOf, tokenizeTexts } from "../../src/inputs/sequences.ts";
import { bosOfRows, withBos } from "../../src/models/bosPolicy.ts";
import { drawnTokens, leftOutInWords, withVocabulary } from "../../src/models/drawnTokens.ts";
import type { Architecture, Model } from "../../src/models/family.ts";
import { folderText } from "../../src/models/folderTokenizer.ts";
import { openModel } from "../../src/models/open.ts";
import { textTokenizer } from "../../src/models/tokenizerFiles.ts";
import { vocabularyIn, vocabularyOfGguf } from "../../src/models/vocabularyFiles.ts";
import { CONFIG, writeFolder } from "./tinyLlama.ts";

const architecture: Architecture = {
  ...{ family: "llama", layers: 1, heads: 1, kvHeads: 1, contextLength: 64, vocabulary: 12 },
  ...{ bosToken: 1, specialTokens: [1] },
};
const model = (more: Partial<Architecture> = {}) =>
  ({ architecture: { ...architecture, ...more } }) as unknown as Model;

async function folder(files: Record<string, unknown>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "bos-"));
  for (const [name, value] of Object.entries(files))
    await writeFile(join(path, name), typeof value === "string" ? value : JSON.stringify(value));
  return path;
}
const vocab = { a: 0, b: 1, "\u0120": 2, "\u00c3": 3, "[unused1]": 4, ab: 5 };
const tokenizerJson = {
  model: { type: "BPE", vocab, merges: ["a b"] },
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  added_tokens: [
    { id: 6, content: "<|end|>", special: true },
    { id: 7, content: "<tool>", special: false },
  ],
};
const loaded = async (files: Record<string, unknown>, more: Partial<Architecture> = {}) =>
  withVocabulary(model(more), await vocabularyIn(folderText(await folder(files)))).architecture;

describe("bosOfRows(configuration, files)", () => {
  const qwen = { bosToken: 5, family: "qwen2", vocabulary: 12 };
  test("is none for a model whose tokenizer says that there is none, whatever config.json declares", async () => {
    const config = { tokenizer_class: "Qwen2Tokenizer", bos_token: null, add_bos_token: false };
    const { bos, bosToken } = await loaded(
      { "tokenizer.json": tokenizerJson, "tokenizer_config.json": config },
      { bosToken: 6 },
    );
    expect(bosToken).toBe(null);
    expect(bos).toEqual({
      ...{ token: null, add: false, source: "tokenizer_config.json" },
      reason:
        "tokenizer_config.json says that there is no BOS, though config.json has bos_token_id 6",
    });
    const rows = generatedRows({ ...architecture, bosToken, bos });
    expect(rows.info).toMatchObject({ bos: false, bosPolicy: `auto: ${bos!.reason}` });
    expect(() => generatedRows({ ...architecture, bosToken, bos }, { bos: "on" })).toThrow(
      "says that there is no BOS",
    );
    const ownBos = generatedRows({ ...architecture, bosToken, bos }, { bos: 6 });
    expect(ownBos.info).toMatchObject({ bos: true, bosToken: 6, bosPolicy: "id 6, as asked" });
    expect(() => generatedRows(architecture, { bos: 12 })).toThrow("an id from 0 to 11, got 12");
  });

  test("is none for Qwen's families where no file says anything, and the tokenizer's where one names it", () => {
    expect(bosOfRows(qwen, null)).toEqual({
      ...{ token: null, add: false, source: null },
      reason: "qwen2 is trained without BOS, though config.json has bos_token_id 5",
    });
    const files = { content: "<s>", id: 3, source: "tokenizer_config.json" };
    expect(bosOfRows(qwen, files)).toEqual({
      ...{ token: 3, add: true, source: "tokenizer_config.json" },
      reason: 'tokenizer_config.json names BOS "<s>", id 3, config.json 5',
    });
  });

  test("is on for a tokenizer with add_bos_token false: that is about texts (GPT-2, Pythia)", async () => {
    const config = {
      tokenizer_class: "GPTNeoXTokenizer",
      bos_token: "<|end|>",
      add_bos_token: false,
    };
    const { bos } = await loaded(
      { "tokenizer.json": tokenizerJson, "tokenizer_config.json": config },
      { bosToken: 6 },
    );
    expect(bos).toMatchObject({ token: 6, add: true, source: "tokenizer_config.json" });
  });

  test("is none for BLOOM, whose tokenizer names one that its training never had", async () => {
    const config = { tokenizer_class: "BloomTokenizer", bos_token: "<s>", eos_token: "<|end|>" };
    const { bos, bosToken } = await loaded(
      { "tokenizer.json": tokenizerJson, "tokenizer_config.json": config },
      { family: "bloom" },
    );
    expect(bosToken).toBe(null);
    expect(bos!.reason).toBe("bloom is trained without BOS, though its tokenizer names one");
    const files = { content: "<s>", id: 3, source: "tokenizer_config.json" };
    expect(bosOfRows({ ...qwen, family: "gpt_neox" }, files)).toMatchObject({
      token: 3,
      add: true,
    });
  });

  test("is config.json's without a tokenizer, and none where the model does not have the id", () => {
    expect(bosOfRows(architecture, null)).toEqual({
      ...{ token: 1, add: true, source: "config.json", reason: "the model declares BOS id 1" },
    });
    expect(bosOfRows({ ...architecture, bosToken: 12 }, null).reason).toBe(
      "the model declares BOS id 12, which the model's 12 ids do not have",
    );
  });
});

test("a text that begins with BOS already gets no second", async () => {
  expect(withBos([6, 1], 6)).toEqual([6, 1]);
  expect(withBos([1], 6)).toEqual([6, 1]);
  const path = await folder({ "tokenizer.json": tokenizerJson });
  const tokenizer = await textTokenizer(folderText(path), "tokenizer.json");
  const { ids, policy } = tokenizeTexts(
    model({ bosToken: 6 }),
    tokenizer,
    ["<|end|>ab", "ab"],
    "on",
  );
  expect(ids).toEqual([
    [6, 5],
    [6, 5],
  ]);
  expect(policy).toBe("on, as asked; a text that begins with it gets no second");
});

test("a template with two tokens before a text gives both, once (GLM)", async () => {
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const single = [token("<|end|>"), token("<tool>"), { Sequence: { id: "A", type_id: 0 } }];
  const file = { ...tokenizerJson, post_processor: { type: "TemplateProcessing", single } };
  const path = await folder({ "tokenizer.json": file });
  const tokenizer = await textTokenizer(folderText(path), "tokenizer.json");
  const texts = ["ab", "<|end|><tool>ab"];
  const { ids, policy } = tokenizeTexts(model({ bosToken: 6 }), tokenizer, texts, "auto");
  expect(ids).toEqual([
    [6, 7, 5],
    [6, 7, 5],
  ]);
  expect(policy).toBe(
    "auto: the template in tokenizer.json begins with it, then <tool>; a text that begins with it gets no second",
  );
  expect(tokenizeTexts(model({ bosToken: 6 }), tokenizer, ["ab"], "off").ids).toEqual([[5]]);
});

describe("EOS that the tokenizer's files put behind a text", () => {
  const single = [{ Sequence: { id: "A" } }, { SpecialToken: { id: "<|end|>" } }];
  const withEnd = { ...tokenizerJson, post_processor: { type: "TemplateProcessing", single } };
  const modelWithEnd = async () => {
    const files = { "tokenizer.json": JSON.stringify(withEnd) };
    return openModel(writeFolder(await folder({}), undefined, { files }));
  };

  test("is not added where nothing sees it, and the Result says so and why", async () => {
    const model = await modelWithEnd();
    const { sequences, info } = await sequencesOf(model, { texts: ["abab"] });
    expect(sequences[0]!.tokens).toEqual([5, 5]);
    expect(info.eosPolicy).toBe(
      "id 6 is not added, though the template in tokenizer.json ends with <|end|>: a text is read as one that goes on, and nothing in it sees what is behind",
    );
    expect((await sequencesOf(model, { tokens: [[5, 5]] })).info).not.toHaveProperty("eosPolicy");
    await model.close();
  });

  test("stands behind the texts of an encoder, all of which sees it", async () => {
    const model = await modelWithEnd();
    const architecture = { ...model.architecture, mask: "none" as const };
    expect((await promptRows({ ...model, architecture }, "abab")).rows).toEqual([[5, 5, 6]]);
    expect((await promptRows(model, "abab")).rows).toEqual([[5, 5]]);
    await model.close();
  });
});

describe("drawnTokens(architecture)", () => {
  test("leaves out special and added tokens, padding, unused tokens and parts of characters, and counts them", async () => {
    const tokens = drawnTokens(
      await loaded({ "tokenizer.json": tokenizerJson }, { specialTokens: [] }),
    );
    expect([...tokens.ids]).toEqual([0, 1, 2, 5]);
    expect(tokens.leftOut).toEqual({ special: 1, added: 1, padded: 4, unused: 1, bytes: 1 });
    expect(leftOutInWords(tokens)).toBe(
      "left out: 1 special tokens, 1 added tokens, 4 ids that the tokenizer does not have, 1 unused tokens, 1 bytes, and parts of characters (by tokenizer.json)",
    );
  });

  test("takes added tokens of vocab.json folders from the files beside it", async () => {
    const files = {
      "vocab.json": vocab,
      "merges.txt": "a b",
      "added_tokens.json": { "<|im|>": 6 },
    };
    const tokens = drawnTokens(await loaded(files, { specialTokens: [] }));
    expect([...tokens.ids]).toEqual([0, 1, 2, 5]);
    expect(tokens.leftOut).toEqual({ added: 1, padded: 5, unused: 1, bytes: 1 });
  });

  test("leaves out special tokens of vocab.json that its class or its files name", async () => {
    const own = { ...vocab, "<|endoftext|>": 6, "<pad>": 7 };
    const files = { "vocab.json": own, "merges.txt": "a b", "config.json": { model_type: "gpt2" } };
    const map = { "special_tokens_map.json": { pad_token: "<pad>" } };
    const tokens = drawnTokens(await loaded({ ...files, ...map }, { specialTokens: [] }));
    expect([...tokens.ids]).toEqual([0, 1, 2, 5]);
    expect(tokens.leftOut).toEqual({ special: 2, padded: 4, unused: 1, bytes: 1 });
  });

  test.each([
    ["{", "tokenizer.json is not JSON; texts cannot be read, and random rows are drawn"],
    ["{}", "tokenizer.json has no model.vocab; texts"],
    ['{"model":{"vocab":{"a":0}},"added_tokens":[null]}', "files are malformed: TypeError"],
  ])("a tokenizer.json that cannot be read, %j, is told", async (content, message) => {
    const path = writeFolder(await folder({}), undefined, { files: { "tokenizer.json": content } });
    const model = await openModel(path);
    expect(model.notices).toEqual([expect.stringContaining(message)]);
    expect(drawnTokens(model.architecture).ids).toHaveLength(23);
    await expect(model.tokenizer()).rejects.toThrow(InputError);
    await model.close();
  });

  test("reads the tokenizer beside a config.json with Python's numbers", async () => {
    const files = { "tokenizer.json": JSON.stringify(tokenizerJson) };
    const path = writeFolder(await folder({}), undefined, { files });
    const config = JSON.stringify({ ...CONFIG, initializer_range: "X" }).replace('"X"', "Infinity");
    await writeFile(join(path, "config.json"), config);
    const model = await openModel(path);
    expect(drawnTokens(model.architecture).leftOut).toMatchObject({ added: 1, bytes: 1 });
    expect((await model.tokenizer())!.encode("ab")).toEqual([5]);
    await model.close();
  });

  test("takes all ids but the configuration's special ones without a tokenizer, and says so", () => {
    const tokens = drawnTokens(architecture);
    expect(tokens.ids.length).toBe(11);
    expect(leftOutInWords(tokens)).toBe(
      "left out: 1 special tokens (no tokenizer says which ids are text)",
    );
  });

  test("reads the types of a GGUF's tokens", () => {
    const metadata = new Map<string, unknown>([
      ["tokenizer.ggml.model", "llama"],
      ["tokenizer.ggml.tokens", ["<unk>", "<s>", "<0x0A>", "<tool>", "<free>", "\u2581a", "b"]],
      ["tokenizer.ggml.token_type", [2, 3, 6, 4, 5, 1, 1]],
      ["tokenizer.ggml.bos_token_id", 1],
    ]);
    const { architecture: ownArchitecture } = withVocabulary(model(), vocabularyOfGguf(metadata));
    expect([...drawnTokens(ownArchitecture).ids]).toEqual([5, 6]);
    expect(drawnTokens(ownArchitecture).leftOut).toEqual({
      special: 2,
      added: 1,
      padded: 5,
      unused: 1,
      bytes: 1,
    });
    expect(ownArchitecture.bosToken).toBe(1);
  });

  test("is in the Result of generated rows", () => {
    expect(generatedRows(architecture, { numExamples: 1, seqLen: 6 }).info.drawn).toEqual({
      ...{ tokens: 11, leftOut: { special: 1 }, source: null },
    });
  });
});
