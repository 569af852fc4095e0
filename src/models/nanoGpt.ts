/** @file The model in a nanoGPT checkpoint (`ckpt.pt`), wherever it is. */
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import type { ByteSource, StoredTensor, Weights } from "../base/bytes.ts";
import type { Checkpoint } from "../formats/checkpoint.ts";
import { isMap, type PickleValue } from "../formats/torch/pickleValues.ts";
import { readTorch } from "../formats/torch/readTorch.ts";
import { torchCheckpoint } from "../formats/torch/torchCheckpoint.ts";
import { modelFrom } from "./families.ts";
import type { Model } from "./family.ts";

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
 * @param path for messages
 * @throws {InputError} "file" for a malformed file or a pickle that asks for more than tensors; "config" or "weights"
 */
export async function nanoGptModel(
  source: ByteSource,
  path: string,
): Promise<{ readonly model: Model; readonly weights: Weights }> {
  const saved = await readTorch(source);
  const args = argsOf(saved, path);
  const checkpoint = withoutCompilerPrefix(
    torchCheckpoint(`${path}: model`, isMap(saved) ? saved.get("model") : undefined),
  );
  const config = await gpt2Config(args, checkpoint);
  return { model: modelFrom(config, checkpoint, "nanogpt"), weights: checkpoint.weights };
}

function argsOf(saved: PickleValue, path: string): z.infer<typeof modelArgs> {
  const args = isMap(saved) ? saved.get("model_args") : undefined;
  if (!isMap(args))
    throw new InputError(
      "file",
      `${path} needs model_args and model, as nanoGPT writes them; a plain state dictionary has no sizes, put it into a folder with config.json as pytorch_model.bin`,
    );
  const parsed = modelArgs.safeParse(Object.fromEntries(args));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path: key, message }) => `${key.join(".")}: ${message}`,
  );
  throw new InputError("config", `model_args of ${path} cannot be used: ${faults.join("; ")}`);
}

/** torch.compile puts `_orig_mod.` before every name. */
function withoutCompilerPrefix({ weights, unsupported, metadata }: Checkpoint): Checkpoint {
  const plain = <Value>(entries: ReadonlyMap<string, Value>) =>
    new Map([...entries].map(([name, value]) => [name.replace(/^_orig_mod\./, ""), value]));
  return { weights: plain(weights), unsupported: plain(unsupported), metadata };
}

async function gpt2Config(
  args: z.infer<typeof modelArgs>,
  { weights }: Checkpoint,
): Promise<Record<string, unknown>> {
  const { n_layer, n_head, n_embd, block_size, vocab_size, bias } = args;
  const tied = await isTied(weights.get("transformer.wte.weight"), weights.get("lm_head.weight"));
  return {
    model_type: "gpt2",
    n_layer,
    n_head,
    n_embd,
    n_positions: block_size,
    vocab_size,
    bias,
    activation_function: "gelu",
    tie_word_embeddings: tied,
  };
}

/** nanoGPT shares one tensor; a file that was written by other means may hold two. */
async function isTied(
  embed: StoredTensor | undefined,
  head: StoredTensor | undefined,
): Promise<boolean> {
  if (!head || !embed) return true;
  if (head.source === embed.source && head.offset === embed.offset) return true;
  if (head.sizeBytes !== embed.sizeBytes) return false;
  const [a, b] = await Promise.all(
    [embed, head].map(({ source, offset, sizeBytes }) => source.read(offset, sizeBytes)),
  );
  return a!.every((byte, index) => byte === b![index]);
}
