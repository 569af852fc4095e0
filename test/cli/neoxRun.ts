/** @file The checkpoints of zoo:attn-2l in GPT-NeoX's layout, as a hub would have Pythia's: attention as trained, no MLP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { safetensorsBytes, type TensorToWrite } from "../../src/formats/writeSafetensors.ts";
import { text, type FakeFile } from "../models/hub/fakeHub.ts";

const ZOO = join(import.meta.dirname, "../../zoo");
const [WIDTH, HEADS, INNER, LAYERS] = [64, 4, 16, 2] as const;

const CONFIG = {
  model_type: "gpt_neox",
  num_hidden_layers: LAYERS,
  num_attention_heads: HEADS,
  hidden_size: WIDTH,
  intermediate_size: 1,
  vocab_size: 64,
  max_position_embeddings: 64,
  use_parallel_residual: true,
  rotary_pct: 1,
};

/** Steps that the zoo has of attn-2l. */
export const ZOO_STEPS: readonly number[] = (
  JSON.parse(readFileSync(join(ZOO, "zoo.json"), "utf8")) as {
    readonly "attn-2l": { readonly steps: readonly number[] };
  }
)["attn-2l"].steps;

/** config.json and weights of one step. The bias of the unembedding has no place there; attention does not see it. */
export function neoxFiles(step: number): FakeFile[] {
  const folder = `attn-2l/checkpoints/step-${String(step).padStart(6, "0")}`;
  const weights = read(readFileSync(join(ZOO, folder, "model.safetensors")));
  const tensors: TensorToWrite[] = [
    { name: "gpt_neox.embed_in.weight", shape: [64, WIDTH], data: weights("embed.W_E") },
    {
      name: "embed_out.weight",
      shape: [64, WIDTH],
      data: transposeSquare(weights("unembed.W_U"), WIDTH),
    },
    ...norm("gpt_neox.final_layer_norm", weights("ln_final.w"), weights("ln_final.b")),
  ];
  for (let layer = 0; layer < LAYERS; layer++) {
    const of = (name: string) => weights(`blocks.${layer}.${name}`);
    const at = `gpt_neox.layers.${layer}`;
    const fused = new Float32Array(3 * HEADS * INNER * WIDTH);
    const biases = new Float32Array(3 * HEADS * INNER);
    for (const [part, letter] of ["Q", "K", "V"].entries())
      for (let head = 0; head < HEADS; head++)
        for (let inner = 0; inner < INNER; inner++) {
          const row = (head * 3 + part) * INNER + inner;
          biases[row] = of(`attn.b_${letter}`)[head * INNER + inner]!;
          for (let model = 0; model < WIDTH; model++)
            fused[row * WIDTH + model] = of(`attn.W_${letter}`)[
              (head * WIDTH + model) * INNER + inner
            ]!;
        }
    const nothing = (name: string, ...shape: number[]) => ({
      name: `${at}.mlp.${name}`,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)),
    });
    tensors.push(
      ...norm(`${at}.input_layernorm`, of("ln1.w"), of("ln1.b")),
      ...norm(`${at}.post_attention_layernorm`, of("ln1.w"), of("ln1.b")),
      { name: `${at}.attention.query_key_value.weight`, shape: [3 * WIDTH, WIDTH], data: fused },
      { name: `${at}.attention.query_key_value.bias`, shape: [3 * WIDTH], data: biases },
      {
        name: `${at}.attention.dense.weight`,
        shape: [WIDTH, WIDTH],
        data: transposeSquare(of("attn.W_O"), WIDTH),
      },
      { name: `${at}.attention.dense.bias`, shape: [WIDTH], data: of("attn.b_O") },
      nothing("dense_h_to_4h.weight", 1, WIDTH),
      nothing("dense_h_to_4h.bias", 1),
      nothing("dense_4h_to_h.weight", WIDTH, 1),
      nothing("dense_4h_to_h.bias", WIDTH),
    );
  }
  const bytes = safetensorsBytes(tensors);
  return [
    text("config.json", JSON.stringify(CONFIG)),
    { name: "model.safetensors", bytes, lfs: true },
  ];
}

function norm(name: string, weight: Float32Array, bias: Float32Array): TensorToWrite[] {
  return [
    { name: `${name}.weight`, shape: [WIDTH], data: weight },
    { name: `${name}.bias`, shape: [WIDTH], data: bias },
  ];
}

/** [rows, columns] as [columns, rows]; all of these are square. */
function transposeSquare(data: Float32Array, size: number): Float32Array {
  return data.map((_, index) => data[(index % size) * size + Math.floor(index / size)]!);
}

function read(file: Buffer): (name: string) => Float32Array {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >;
  return (name) => {
    const [from, to] = header[name]!.data_offsets.map((at) => at + 8 + length) as [number, number];
    return new Float32Array(file.buffer.slice(file.byteOffset + from, file.byteOffset + to));
  };
}
