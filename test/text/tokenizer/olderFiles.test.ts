/** @file spiece.model, sentencepiece.bpe.model and vocab.txt without a tokenizer.json, against what transformers makes of the same folders. */
import { readFileSync } from "node:fs";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import { TOKENIZER_FILES, wantedIn } from "../../../src/models/hub/wantedFiles.ts";
import { textTokenizer } from "../../../src/models/tokenizerFiles.ts";
import { vocabularyIn } from "../../../src/models/vocabularyFiles.ts";

interface Case {
  readonly name: string;
  readonly fileName: string;
  readonly file: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly whole: readonly number[];
  readonly ids: readonly (readonly number[])[];
}
/** Another file of the same form, with more texts or SentencePiece's own table of characters, is compared in its place. */
const FILE = process.env["INDUCTION_LENS_OLDER_FILES"] ?? "test/fixtures/tokenizer/older.json";
const { files, texts, cases } = JSON.parse(readFileSync(FILE, "utf8")) as {
  files: Readonly<Record<string, string>>;
  texts: readonly string[];
  cases: readonly Case[];
};

type Contents = Readonly<Record<string, unknown>>;

/** A folder: bytes as they are, else JSON. */
function folder(contents: Contents) {
  const bytes = async (name: string) => {
    const content = contents[name];
    if (content === undefined) return null;
    return content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  };
  const text = async (name: string) => {
    const content = await bytes(name);
    return content && Buffer.from(content).toString("utf8");
  };
  return { text, bytes };
}
const tokenizerIn = ({ text, bytes }: ReturnType<typeof folder>) =>
  textTokenizer(text, "tokenizer.json", bytes);
const bytesOf = (name: string) => new Uint8Array(Buffer.from(files[name]!, "base64"));
const contentsOf = ({ fileName, file, files: beside }: Case): Contents => ({
  ...beside,
  [fileName]: bytesOf(file),
});

describe("a vocabulary that is no tokenizer.json", () => {
  test.each(cases)("gives the ids that transformers gives: $name", async (recorded) => {
    const tokenizer = (await tokenizerIn(folder(contentsOf(recorded))))!;
    const different = texts.filter(
      (text, index) => String(tokenizer.encode(text)) !== String(recorded.ids[index]),
    );
    expect(different.slice(0, 3)).toEqual([]);
    const { bos, eos } = tokenizer;
    const whole = [...(bos.addToText ? [bos.id] : []), ...tokenizer.encode("the")];
    expect([...whole, ...(eos ? [eos.id] : [])]).toEqual(recorded.whole);
    expect(tokenizer.description).toMatch(/^[\w.]+, as \w+Tokenizer by (tokenizer_)?config.json/);
  });

  test("tells which ids are text, as a tokenizer.json would", async () => {
    const of = async (name: string) => {
      const { text, bytes } = folder(contentsOf(cases.find((each) => each.name === name)!));
      return (await vocabularyIn(text, bytes))!;
    };
    const bert = await of("BERT without configuration");
    expect(bert).toMatchObject({ source: "vocab.txt", bos: { content: undefined, id: null } });
    const [padding, unused, unknown, , , mask] = [0, 1, 2, 3, 4, 5].map((id) =>
      bert.notText.get(id),
    );
    expect([padding, unused, unknown, mask]).toEqual(["special", "unused", "special", "special"]);
    const xlm = await of("XLM-R by its model_type");
    expect([...xlm.notText.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 161]);
    const t5 = await of("T5");
    expect([t5.notText.get(160), t5.has(169), t5.has(170)]).toEqual(["special", true, false]);
  });

  const t5 = bytesOf("t5");
  const byType = (model_type: string) => ({ "config.json": { model_type } });
  const words = new TextEncoder().encode("[UNK]\na\n");
  const bpe = new BinaryWriter()
    .uint32(10)
    .bytes(new BinaryWriter().uint32(10).string("a").finish())
    .uint32(18)
    .bytes(new BinaryWriter().uint32(24).int32(2).finish())
    .finish();
  test.each<[what: string, contents: Contents, words: string]>([
    ["NLLB", { "sentencepiece.bpe.model": t5, ...byType("m2m_100") }, "no file names one that is"],
    [
      "mBART",
      {
        "sentencepiece.bpe.model": t5,
        "tokenizer_config.json": { tokenizer_class: "MBartTokenizer" },
      },
      "got MBartTokenizer from tokenizer_config.json",
    ],
    ["XLM-R with T5's pieces", { "spiece.model": t5, ...byType("xlm-roberta") }, "is not sure"],
    ["T5 with pieces of BPE", { "spiece.model": bpe, ...byType("t5") }, "the kind bpe"],
    ["ESM", { "vocab.txt": words, ...byType("esm") }, "known: BertTokenizer"],
    [
      "BERT without its basic cut",
      {
        "vocab.txt": words,
        "tokenizer_config.json": { do_basic_tokenize: false },
        ...byType("bert"),
      },
      "vocab.txt, which needs",
    ],
  ])("is refused with the way on where its ids are not sure: %s", async (_, contents, reason) => {
    const { text, bytes } = folder(contents);
    const refused = expect(tokenizerIn({ text, bytes })).rejects;
    await refused.toThrow(reason);
    await expect(tokenizerIn({ text, bytes })).rejects.toThrow("save_pretrained(...) writes one");
    await expect(vocabularyIn(text, bytes)).rejects.toThrow(reason);
  });

  test("is brought from the hub where there is no tokenizer.json", () => {
    const brought = (...names: string[]) => wantedIn(TOKENIZER_FILES, names).optional;
    expect(brought("vocab.txt")).toEqual(expect.arrayContaining(["vocab.txt", "spiece.model"]));
    expect(brought("vocab.txt", "tokenizer.json")).not.toContain("vocab.txt");
  });
});
