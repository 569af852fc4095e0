/** @file A LLaMA of one layer with Hugging Face's names, as folders that tests change. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../../src/base/random.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import { safetensorsBytes, type TensorToWrite } from "../../src/formats/writeSafetensors.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";
import { openModel, type OpenOptions } from "../../src/models/open.ts";

export const CONFIG = {
  ...{ model_type: "llama", hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1 },
  ...{ num_attention_heads: 2, num_key_value_heads: 2, vocab_size: 24, rms_norm_eps: 1e-5 },
  ...{ max_position_embeddings: 32, hidden_act: "silu", tie_word_embeddings: false },
  ...{ rope_theta: 10000, bos_token_id: 1 },
};
const LAYER = "model.layers.0.";
export const MATRICES: Readonly<Record<string, readonly [number, number]>> = {
  [`${LAYER}self_attn.q_proj`]: [16, 16],
  [`${LAYER}self_attn.k_proj`]: [16, 16],
  [`${LAYER}self_attn.v_proj`]: [16, 16],
  [`${LAYER}self_attn.o_proj`]: [16, 16],
  [`${LAYER}mlp.gate_proj`]: [32, 16],
  [`${LAYER}mlp.up_proj`]: [32, 16],
  [`${LAYER}mlp.down_proj`]: [16, 32],
};
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  "model.embed_tokens.weight": [24, 16],
  "lm_head.weight": [24, 16],
  "model.norm.weight": [16],
  [`${LAYER}input_layernorm.weight`]: [16],
  [`${LAYER}post_attention_layernorm.weight`]: [16],
};

/** Numbers of a seed, as many as the shape needs. */
export function numbers(shape: readonly number[], seed: number): Float32Array {
  const stream = random(seed);
  return Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => stream.uniform() - 0.5,
  );
}

export function plainTensors(): TensorToWrite[] {
  return Object.entries(PLAIN).map(([name, shape], index) => ({
    name,
    shape,
    data: numbers(shape, index),
  }));
}

export function matrixTensors(): TensorToWrite[] {
  return Object.entries(MATRICES).map(([name, shape], index) => ({
    ...{ name: `${name}.weight`, shape, data: numbers(shape, 100 + index) },
  }));
}

export function writeFolder(
  folder: string,
  tensors: readonly TensorToWrite[] = [...plainTensors(), ...matrixTensors()],
  {
    config = CONFIG,
    bytes = (file: Uint8Array) => file,
    files = {},
  }: {
    readonly config?: object;
    readonly bytes?: (file: Uint8Array) => Uint8Array;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "model.safetensors"), bytes(safetensorsBytes(tensors)));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** All weights of the model's Program by name. */
export async function weightsOf(model: LoadedModel): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (const { name, stored } of model.program.weights)
    values[name] = [...(await readTensor(stored))];
  return values;
}

/** The weights of the model called `name`, which is closed again. */
export async function weightsIn(
  name: string,
  options: OpenOptions = {},
): Promise<Record<string, number[]>> {
  const model = await openModel(name, options);
  const weights = await weightsOf(model);
  await model.close();
  return weights;
}
