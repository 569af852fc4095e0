/** @file Texts as people have them: doubled words, one token, marks and bytes that editors add, signs that a tokenizer lacks. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readText } from "../../src/cli/flags/sequenceFlags.ts";
import { runnableModel } from "../../src/inputs/runnableModel.ts";
import { sequencesOf } from "../../src/inputs/sequences.ts";
import { openModel } from "../../src/models/open.ts";
import { writeFolder } from "../models/tinyLlama.ts";
import { circuit } from "../../src/studies/circuit/circuit.ts";
import { lens } from "../../src/studies/lens/lens.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { attention } from "../../src/studies/attention/attention.ts";
import { text } from "../../src/studies/text/text.ts";
import { why } from "../../src/studies/why/why.ts";
import { emptyFolder } from "../cli/cli.ts";
import { oneEngine } from "../interventions/engine.ts";

const shakespeare = async () => runnableModel(await openModel("zoo:shakespeare"), oneEngine);

test("a text file: a byte order mark is no text, CRLF and NUL are, other bytes are refused", async () => {
  const path = join(emptyFolder(), "a.txt");
  const write = (...bytes: number[]) => writeFileSync(path, Uint8Array.from(bytes));
  write(0xef, 0xbb, 0xbf, 97, 13, 10, 0);
  expect(await readText(path)).toBe("a\r\n\0");
  write(0xff, 0xfe, 97, 0);
  await expect(readText(path)).rejects.toThrow(`${path} is not a text in UTF-8`);
});

test("text, attention and why say which characters the tokenizer has no token for", async () => {
  const model = await shakespeare();
  const odd = "to be\r\nor né\0to be";
  const warning = `the tokenizer has no token for "\\r", "é", "\\u0000": the model reads the text without them`;
  const texts = [odd];
  for (const result of [
    await attention(model, { texts }),
    await why(model, { head: "1.0", text: odd }),
    await text(model, { texts }),
  ])
    expect(result.warnings).toContain(warning);
  const { warnings } = await sequencesOf(model, { texts: ["to be or not"] });
  expect(warnings).toEqual([]);
  await model.close();
});

test("texts of one token or none are refused by their number; doubled words are measured", async () => {
  const model = await shakespeare();
  for (const [texts, count] of [
    [["a"], 1],
    [[""], 0],
  ] as const)
    for (const study of [attention, text])
      await expect(study(model, { texts })).rejects.toThrow(
        `sequences need 2 tokens or more, got ${count} in sequence 0`,
      );
  const doubled = "the the the the";
  const { repeats } = await text(model, { texts: [doubled] });
  expect(repeats!.groups[0]!.repeats).toBe(11); // each sign of "the the the" comes again
  const { cell } = await why(model, { head: "1.0", text: doubled });
  expect(cell.query).toBeGreaterThan(cell.key - 1);
  await model.close();
});

const vocab = Object.fromEntries(Array.from({ length: 24 }, (_, id) => [`t${id}`, id]));
test.each([
  [
    "tokenizer.json",
    JSON.stringify({ model: { type: "WordLevel", vocab } }),
    "needs the model BPE",
  ],
  ["tokenizer.model", "\n", "tokenizer.model is no file of SentencePiece"],
  [
    "spiece.model",
    "\n",
    "is spiece.model, which needs a tokenizer_class that says what its ids are",
  ],
  ["vocab.txt", "a\n", "no file names one that is known (config.json (model_type llama))"],
  ["vocab.json", JSON.stringify(vocab), "is vocab.json without merges.txt, which is not read"],
])(
  "beside a %s that is not read, texts are refused and ids are measured and shown",
  async (name, content, message) => {
    const folder = writeFolder(emptyFolder(), undefined, { files: { [name]: content } });
    const model = runnableModel(await openModel(folder), oneEngine);
    const rows = { numExamples: 2, seqLen: 8 };
    const { sequences } = await attention(model, { tokens: [[5, 6, 5, 6]], heads: ["0.0"] });
    expect(sequences[0]!.pieces).toEqual(["5", "6", "5", "6"]);
    await attention(model, { heads: ["0.0"] });
    await lens(model, rows);
    await circuit(model, { circuitTokens: 4 });
    expect((await runWithCache(model, [5, 6], { names: "hook_embed" })).tokens).toEqual([[5, 6]]);
    await expect(attention(model, { texts: ["a a"], heads: ["0.0"] })).rejects.toThrow(message);
    await model.close();
  },
);
