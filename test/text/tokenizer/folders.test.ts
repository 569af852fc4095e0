/** @file Tokenizers of folders, file by file, against what transformers makes of the same files. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Tokenizer } from "../../../src/text/tokenizer/tokenizer.ts";
import { textTokenizer } from "../../../src/models/tokenizerFiles.ts";

type Json = Record<string, unknown>;
interface Case {
  readonly files: Readonly<Record<string, unknown>>;
  readonly ids: readonly (readonly number[])[];
  readonly bos: number | null;
  readonly adds: number | null;
  readonly ends: number | null;
}
const read = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/tokenizer/${name}`, import.meta.url), "utf8"),
  ) as unknown;
const VECTORS = read("vectors.json") as Record<"byteLevel" | "metaspace", { tokenizer: Json }>;
const { texts, cases } = read("folders.json") as {
  texts: readonly string[];
  cases: Record<string, Case>;
};
const { vocab, merges } = VECTORS.byteLevel.tokenizer["model"] as {
  vocab: Record<string, number>;
  merges: [string, string][];
};

/** The recorded folder's file, as tools/make_folder_tokenizer_vectors.py wrote it. */
function content(name: string, value: unknown): string {
  if (value === "VOCAB") return JSON.stringify(vocab);
  if (value === "MERGES")
    return `#version: 0.2\n${merges.map((pair) => pair.join(" ")).join("\n")}\n`;
  return JSON.stringify(
    name === "tokenizer.json" ? tokenizerJson(...(value as [string, Template])) : value,
  );
}

/** The token before a text, or those before and behind it. */
type Template = string | null | readonly [string | null, string | null];

function tokenizerJson(base: string, template: Template): Json {
  const own = VECTORS[base === "metaspace" ? "metaspace" : "byteLevel"].tokenizer;
  const cut =
    base === "spaced" || base === "plain"
      ? {
          normalizer: null,
          pre_tokenizer: { type: "ByteLevel", add_prefix_space: base === "spaced" },
        }
      : {};
  const [first = null, last = null] =
    typeof template === "string" || template === null ? [template] : template;
  const token = (id: string | null) => (id === null ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const single = [...token(first), { Sequence: { id: "A", type_id: 0 } }, ...token(last)];
  return { ...own, ...cut, post_processor: { type: "TemplateProcessing", single } };
}

async function tokenizerOf({ files }: Pick<Case, "files">): Promise<Tokenizer> {
  const text = async (name: string) => (name in files ? content(name, files[name]) : null);
  return (await textTokenizer(text, "tokenizer.json"))!;
}

const slow = Object.entries(cases).filter(([, { files }]) => "vocab.json" in files);
const fast = Object.entries(cases).filter(([, { files }]) => "tokenizer.json" in files);

describe("a folder with vocab.json and merges.txt", () => {
  test.each(slow)("cuts texts as the reference does: %s", async (_, recorded) => {
    const tokenizer = await tokenizerOf(recorded);
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(recorded.ids);
    expect(tokenizer.bos.addToText ? tokenizer.bos.id : null).toBe(recorded.adds);
    expect(tokenizer.bos.id).toBe(recorded.bos);
    expect(tokenizer.eos?.id ?? null).toBe(recorded.ends);
  });

  test("is GPT-2's kind where no file says anything, and says that this was assumed", async () => {
    const files = { "vocab.json": "VOCAB", "merges.txt": "MERGES" };
    const tokenizer = await tokenizerOf({ files });
    const gpt2 = await tokenizerOf(cases["gpt2 by its class"]!);
    for (const text of texts) expect(tokenizer.encode(text)).toEqual(gpt2.encode(text));
    expect(tokenizer.description).toBe(
      "vocab.json and merges.txt, as GPT2Tokenizer by assumption: no file names a tokenizer_class",
    );
  });

  test.each([
    [{ "tokenizer_config.json": { tokenizer_class: "LlamaTokenizer" } }, "got LlamaTokenizer from"],
    [{ "config.json": { model_type: "llama" } }, 'config.json has model_type "llama" and no file'],
    [{ "added_tokens.json": { "<x>": 5 } }, 'got "<x>" with 5; vocab.json has {"&":5}'],
    [{ "added_tokens.json": { a: 900 } }, 'got "a" with 900; vocab.json has {"a":64}'],
    [{ "added_tokens.json": { "<x>": -1 } }, 'got "<x>" with -1'],
  ])("is refused with the way on: %j", async (more, message) => {
    const files = { "vocab.json": "VOCAB", "merges.txt": "MERGES", ...more };
    await expect(tokenizerOf({ files })).rejects.toThrow(message);
  });
});

describe("a folder with tokenizer.json", () => {
  test.each(fast)("says of BOS and EOS what the reference says: %s", async (name, recorded) => {
    const tokenizer = await tokenizerOf(recorded);
    expect(tokenizer.eos?.id ?? null).toBe(recorded.ends);
    if (name.includes("split_special_tokens"))
      expect(texts.map((text) => tokenizer.encode(text))).toEqual(recorded.ids);
    const { id, addToText, source } = tokenizer.bos;
    expect(addToText ? id : null).toBe(recorded.adds);
    if (recorded.bos !== null && !name.startsWith("LlamaTokenizer")) expect(id).toBe(recorded.bos);
    if (addToText) expect(source).toBe("tokenizer.json");
    if (name.includes("add_prefix_space"))
      texts.forEach((text, index) => {
        // GPT-NeoX's class normalises whatever the file says; ours does what the file says
        if (text === text.normalize("NFC"))
          expect(tokenizer.encode(text)).toEqual(recorded.ids[index]);
      });
  });
});
