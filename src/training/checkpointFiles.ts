/** @file A trained model as the files of a folder that opens like any checkpoint: config.json, weights, tokenizer. */
import { safetensorsBytes } from "../formats/writeSafetensors.ts";
import { configOf } from "./freshModel.ts";
import { shapeOf, type Recipe } from "./recipe.ts";
import type { TrainedWeight } from "./train.ts";

/** Contents by file name. */
export type ModelFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * The folder of a model: TransformerLens' layout (`"format": "transformer_lens"`), or Hugging Face's for the families llama and mamba2.
 * A tied unembedding is written out, as TransformerLens has it; smeared keys are our addition to its layout. A model of
 * characters has tokenizer.json with one token per character.
 */
export function checkpointFiles(recipe: Recipe, weights: readonly TrainedWeight[]): ModelFiles {
  const { tie_word_embeddings: tied, ...config } = configOf(shapeOf(recipe));
  const own = recipe.model.family === "transformer_lens";
  const whole = tied === true && own ? [...weights, unembeddingOf(weights)] : weights;
  return new Map<string, string | Uint8Array>([
    ["config.json", jsonFile(own ? config : { ...config, tie_word_embeddings: tied })],
    ["model.safetensors", safetensorsBytes(whole, { format: "pt" })],
    ...tokenizerFiles(recipe),
  ]);
}

/** W_U [d_model, d_vocab] of a tied model: its embedding turned round. */
function unembeddingOf(weights: readonly TrainedWeight[]): TrainedWeight {
  const { shape, data } = weights.find(({ name }) => name === "embed.W_E")!;
  return { name: "unembed.W_U", shape: shape.toReversed(), data: transpose(data, shape) };
}

/** A matrix of `rows` x `columns`, transposed. */
export function transpose(data: Float32Array, [rows, columns]: readonly number[]): Float32Array {
  return data.map((_, index) => data[(index % rows!) * columns! + Math.floor(index / rows!)]!);
}

export function jsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** tokenizer.json of a model of characters, which Python's tokenizers reads too; nothing for others. */
export function tokenizerFiles({ data }: Recipe): [string, string][] {
  if (data.kind !== "text") return [];
  const vocab = Object.fromEntries(data.characters.map((character, id) => [character, id]));
  const eachAlone = { type: "Split", pattern: { Regex: "[\\s\\S]" }, behavior: "Isolated" };
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { ...eachAlone, invert: false },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "BPE", vocab, merges: [] },
  };
  return [["tokenizer.json", jsonFile(tokenizer)]];
}
