/** @file Writes a checkpoint of a LLaMA shape with random BF16 weights, as the benchmarks of size need it. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../dist/base/random.js";
import { createSafetensorsFile } from "../dist/formats/safetensorsFile.js";

/** TinyLlama's shape, and LLaMA's first. */
export const LLAMA_SHAPES = {
  "1.1B": { width: 2048, inner: 5632, layers: 22, heads: 32, kvHeads: 4, vocabulary: 32000 },
  "6.7B": { width: 4096, inner: 11008, layers: 32, heads: 32, kvHeads: 32, vocabulary: 32000 },
};

/** Values are written this many at a time: two in one float32. */
const CHUNK = 1 << 22;

function shapes({ width, inner, layers, heads, kvHeads, vocabulary }) {
  const narrow = (width / heads) * kvHeads;
  const all = {
    "model.embed_tokens.weight": [vocabulary, width],
    "model.norm.weight": [width],
    "lm_head.weight": [vocabulary, width],
  };
  for (let layer = 0; layer < layers; layer++) {
    const part = {
      "input_layernorm.weight": [width],
      "self_attn.q_proj.weight": [width, width],
      "self_attn.k_proj.weight": [narrow, width],
      "self_attn.v_proj.weight": [narrow, width],
      "self_attn.o_proj.weight": [width, width],
      "post_attention_layernorm.weight": [width],
      "mlp.gate_proj.weight": [inner, width],
      "mlp.up_proj.weight": [inner, width],
      "mlp.down_proj.weight": [width, inner],
    };
    for (const [name, shape] of Object.entries(part)) all[`model.layers.${layer}.${name}`] = shape;
  }
  return all;
}

/** Two BF16 numbers in the bits of each float32, so that the file's writer takes them as they are. */
function halves(count, value) {
  const bits = new Uint32Array(Float32Array.from({ length: count }, value).buffer);
  return new Float32Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** The folder of the checkpoint, written if it is not there. */
export async function llamaShape(folder, name, shape = LLAMA_SHAPES[name]) {
  const path = join(folder, `llama-shape-${name}`);
  if (existsSync(join(path, "model.safetensors"))) return path;
  mkdirSync(path, { recursive: true });
  const config = {
    model_type: "llama",
    hidden_size: shape.width,
    intermediate_size: shape.inner,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    vocab_size: shape.vocabulary,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    hidden_act: "silu",
    tie_word_embeddings: false,
    bos_token_id: 1,
    eos_token_id: 2,
  };
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  const size = (sizes) => sizes.reduce((product, each) => product * each, 1);
  const plans = Object.entries(shapes(shape)).map(([tensor, sizes]) => ({
    name: tensor,
    dtype: "BF16",
    shape: sizes,
    sizeBytes: 2 * size(sizes),
  }));
  const file = await createSafetensorsFile(join(path, "model.safetensors"), plans);
  const draw = random(1);
  const pool = halves(CHUNK, () => 0.02 * draw.normal());
  const gain = halves(shape.width, () => 1);
  for (const { name: tensor, sizeBytes } of plans) {
    const words = sizeBytes / 4;
    if (tensor.includes("norm")) await file.write(tensor, 0, gain);
    else
      for (let first = 0; first < words; first += pool.length) {
        // Each chunk begins elsewhere in the pool, so that no two matrices are the same.
        const offset = Math.floor(draw.uniform() * pool.length);
        const count = Math.min(pool.length, words - first);
        const head = pool.subarray(offset, Math.min(pool.length, offset + count));
        await file.write(tensor, first, head);
        if (head.length < count)
          await file.write(tensor, first + head.length, pool.subarray(0, count - head.length));
      }
  }
  await file.commit();
  return path;
}
