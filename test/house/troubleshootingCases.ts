/** @file What produces each message of docs/troubleshooting.md: small files, written here, and the call that meets them. */
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { torchFile } from "../../src/formats/torch/writeTorch.ts";
import { runnableModel } from "../../src/inputs/runnableModel.ts";
import { sequencesOf } from "../../src/inputs/sequences.ts";
import { openModel, type OpenOptions } from "../../src/models/open.ts";
import { readText } from "../../src/cli/flags/sequenceFlags.ts";
import { patch } from "../../src/studies/patch/patch.ts";
import { runWithCache } from "../../src/studies/run/runWithCache.ts";
import { score } from "../../src/studies/score/score.ts";
import { verdict } from "../../src/studies/verdict/verdict.ts";
import { why } from "../../src/studies/why/why.ts";
import { oneEngine } from "../interventions/engine.ts";
import { CONFIG, matrixTensors, plainTensors, writeFolder } from "../models/tinyLlama.ts";

/** What happens in an empty folder; the message is what it throws, or else what it returns. */
type Case = (folder: string) => Promise<unknown>;

const FIXTURES = join(import.meta.dirname, "../fixtures");

const open = (name: string, options: OpenOptions = {}) =>
  openModel(name, { offline: true, ...options });
const runnable = async (name: string) => runnableModel(await open(name), oneEngine);
const tiny = (folder: string, config: object = {}) =>
  runnable(writeFolder(folder, undefined, { config: { ...CONFIG, ...config } }));
const withConfig = (folder: string, config: object) =>
  open(writeFolder(folder, undefined, { config: { ...CONFIG, ...config } }));
const QUICK = { numExamples: 2, seqLen: 16 };

function torch(folder: string, name: string, tensors: readonly string[]): string {
  const tensorOf = (each: string) => ({ name: each, shape: [1], data: Float32Array.of(1) });
  writeFileSync(join(folder, name), torchFile("model", tensors.map(tensorOf), new Map()));
  return join(folder, name);
}

/** By message, in which … stands for anything. */
export const CASES: Readonly<Record<string, Case>> = {
  "there is no file or folder …": (folder) => open(join(folder, "modle")),
  "… at main is not complete in …, and no request is made offline": () =>
    open("org/name-that-is-not-in-the-cache"),
  "model_type … is not supported": (folder) => withConfig(folder, { model_type: "lama" }),
  "config.json names code of its own …": (folder) =>
    withConfig(folder, { auto_map: { AutoModelForCausalLM: "modeling_x.X" } }),
  "… is a LoRA adapter, which needs the model that it was trained on in --base": () =>
    open(join(FIXTURES, "lora/plain")),
  "the weights are quantised by …, which is not read": (folder) =>
    open(
      writeFolder(
        folder,
        [
          ...plainTensors(),
          ...matrixTensors().map((tensor) => ({
            ...tensor,
            name: tensor.name.replace("weight", "qweight"),
          })),
        ],
        {
          config: { ...CONFIG, quantization_config: { quant_method: "gptq", bits: 4 } },
        },
      ),
    ),
  "… is a link to …, which is not there": (folder) => {
    const path = writeFolder(folder);
    rmSync(join(path, "model.safetensors"));
    symlinkSync("../../blobs/0123", join(path, "model.safetensors"));
    return open(path);
  },
  "… is Git LFS's pointer to a file of … bytes, not the file": (folder) =>
    open(
      writeFolder(folder, undefined, {
        bytes: () =>
          new TextEncoder().encode(
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
          ),
      }),
    ),
  "… needs … bytes of data, got …: it is truncated": (folder) =>
    open(writeFolder(folder, undefined, { bytes: (bytes) => bytes.slice(0, -100) })),
  "… has weights that are not finite: …": (folder) =>
    open(
      writeFolder(folder, [
        ...plainTensors().map((tensor) => ({
          ...tensor,
          data: (tensor.data as Float32Array).map((value, at) => (at === 3 ? NaN : value)),
        })),
        ...matrixTensors(),
      ]),
    ),
  "… needs model_args and model, as nanoGPT or llama2.c writes them": (folder) =>
    open(torch(folder, "x.pt", ["w"])),
  "… is a GPT of LLMs-from-scratch, whose file does not say how many heads it has": (folder) =>
    open(
      torch(folder, "book.pth", [
        "tok_emb.weight",
        "pos_emb.weight",
        "trf_blocks.0.att.W_query.weight",
      ]),
    ),
  "the configuration ties the unembedding to the embedding, but the files have one with other numbers":
    async (folder) => (await withConfig(folder, { tie_word_embeddings: true })).notices!.join("\n"),
  "… cannot run: this model has no logits": async (folder) => {
    const tensors = [...plainTensors(), ...matrixTensors()].filter(
      ({ name }) => !/lm_head/.test(name),
    );
    return verdict(await runnable(writeFolder(folder, tensors)));
  },
  "a text needs a tokenizer beside the model, this one has none": async (folder) =>
    sequencesOf(await tiny(folder), { texts: ["a text"] }),
  "the tokenizer has no token for …": async () =>
    (await sequencesOf(await runnable("zoo:shakespeare"), { texts: ["né to be"] })).warnings.join(),
  "… is not a text in UTF-8": (folder) => {
    writeFileSync(join(folder, "a.txt"), Uint8Array.of(0xff, 0xfe, 97, 0));
    return readText(join(folder, "a.txt"));
  },
  "tokens need whole ids from 0 to …, got …": async (folder) =>
    score(await tiny(folder), { rows: { tokens: [[5, 6, 99, 5, 6, 99]], period: 3, bos: false } }),
  "two copies of … tokens do not fit: the context of … tokens …": async (folder) =>
    score(await tiny(folder), { ...QUICK, seqLen: 64 }),
  "effects need clean and corrupted runs that differ by at least 3 standard errors": async (
    folder,
  ) => patch(await tiny(folder), QUICK),
  "no layer sees what followed the earlier copy …": async (folder) =>
    (
      await score(await tiny(folder, { model_type: "mistral", sliding_window: 4 }), QUICK)
    ).warnings.join("\n"),
  "… examples are too few for an interval; 10 is the least": async (folder) =>
    (await score(await tiny(folder), QUICK)).warnings.join("\n"),
  "the model has no value …; near: …": async (folder) =>
    runWithCache(await tiny(folder), [1, 2], { names: "blocks.0.attn.hook_patern" }),
  "the model has heads …, got …; nearest: …": async (folder) =>
    why(await tiny(folder), { head: "9.9" }),
};
