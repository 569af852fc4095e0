/** @file The model in a nanoGPT checkpoint (`ckpt.pt`), wherever it is. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import type { Weights } from "../base/bytes.ts";
import { isMap, type PickleValue } from "../formats/torch/pickleValues.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { faultSentences } from "../base/faultSentences.ts";
import { modelFrom } from "./families.ts";
import type { UnembeddingChoice, Model } from "./family.ts";
import { withHead } from "./tiedHead.ts";

const modelArgs = z.strictObject({
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  n_embd: z.int().positive(),
  block_size: z.int().positive(),
  vocab_size: z.int().positive(),
  bias: z.boolean().default(true),
  dropout: z.number().optional(),
});

/**
 * @param saved the whole of the file
 * @param path for messages
 * @throws {InputError} "file" without model_args or tensors; "config" or "weights"
 */
export async function nanoGptModel(
  saved: PickleValue,
  path: string,
  options: { readonly head?: UnembeddingChoice | undefined } = {},
): Promise<{ readonly model: Model; readonly weights: Weights }> {
  const args = argsOf(saved, path);
  const checkpoint = torchCheckpoint(
    `${path}: model`,
    isMap(saved) ? saved.get("model") : undefined,
  );
  const config = gpt2Config(args);
  const model = await withHead(
    (head) => modelFrom(config, checkpoint, "nanogpt", { head }),
    options.head,
  );
  return { model, weights: checkpoint.weights };
}

function argsOf(saved: PickleValue, path: string): z.infer<typeof modelArgs> {
  const args = isMap(saved) ? saved.get("model_args") : undefined;
  if (!isMap(args))
    throw new InputError(
      "file",
      `${path} needs model_args and model, as nanoGPT writes them; a plain state dictionary has no sizes, put it into a folder with config.json as pytorch_model.bin`,
    );
  const reading = modelArgs.safeParse(Object.fromEntries(args));
  if (reading.success) return reading.data;
  const faults = faultSentences(reading.error.issues, Object.fromEntries(args));
  throw new InputError("config", `model_args of ${path} cannot be used: ${faults.join("; ")}`);
}

function gpt2Config({
  n_layer,
  n_head,
  n_embd,
  block_size,
  vocab_size,
  bias,
}: z.infer<typeof modelArgs>): Record<string, unknown> {
  return {
    model_type: "gpt2",
    n_layer,
    n_head,
    n_embd,
    n_positions: block_size,
    vocab_size,
    bias,
    activation_function: "gelu",
    tie_word_embeddings: true, // a file that was written by other means may hold two
  };
}
