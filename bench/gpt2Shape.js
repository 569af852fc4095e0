/** @file Writes a checkpoint of GPT-2 small's shape with random weights: the benchmark's model, in any stored type. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSafetensorsFile } from "../dist/formats/safetensorsFile.js";
import { random } from "../dist/base/random.js";

const [C, D, H] = [1024, 768, 12];

/** Tensors of GPT-2 small by name, with as many layers and tokens as asked. */
function shapes({ layers: L, vocabulary: V }) {
  const all = { "wte.weight": [V, D], "wpe.weight": [C, D], "ln_f.weight": [D], "ln_f.bias": [D] };
  for (let layer = 0; layer < L; layer++) {
    const part = {
      "ln_1.weight": [D],
      "ln_1.bias": [D],
      "attn.c_attn.weight": [D, 3 * D],
      "attn.c_attn.bias": [3 * D],
      "attn.c_proj.weight": [D, D],
      "attn.c_proj.bias": [D],
      "ln_2.weight": [D],
      "ln_2.bias": [D],
      "mlp.c_fc.weight": [D, 4 * D],
      "mlp.c_fc.bias": [4 * D],
      "mlp.c_proj.weight": [4 * D, D],
      "mlp.c_proj.bias": [D],
    };
    for (const [name, shape] of Object.entries(part)) all[`h.${layer}.${name}`] = shape;
  }
  return all;
}

/**
 * @param type F32, F16 or BF16
 * @param sizes smaller ones make quicker tests
 */
export async function gpt2Shape(folder, type = "F32", { layers = 12, vocabulary = 50257 } = {}) {
  const path = join(folder, `gpt2-shape-${type}-${layers}-${vocabulary}`);
  if (existsSync(join(path, "model.safetensors"))) return path;
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, "config.json"),
    JSON.stringify({
      model_type: "gpt2",
      n_layer: layers,
      n_head: H,
      n_embd: D,
      n_positions: C,
      vocab_size: vocabulary,
      bos_token_id: vocabulary - 1,
      eos_token_id: vocabulary - 1,
    }),
  );
  const width = type === "F32" ? 4 : 2;
  const size = (shape) => shape.reduce((product, each) => product * each, 1);
  const plans = Object.entries(shapes({ layers, vocabulary })).map(([name, shape]) => ({
    name,
    dtype: type,
    shape,
    sizeBytes: width * size(shape),
  }));
  const file = await createSafetensorsFile(join(path, "model.safetensors"), plans);
  const draw = random(1);
  const pool = Float32Array.from({ length: 1 << 20 }, () => 0.02 * draw.normal());
  for (const { name, shape } of plans) {
    const gain = /ln_.*weight$/.test(name);
    const values = Float32Array.from(
      { length: size(shape) },
      (_, index) => (gain ? 1 : 0) + pool[(index * 7919 + name.length * 104729) % pool.length],
    );
    await file.write(name, 0, type === "F32" ? values : halved(values, type));
  }
  await file.commit();
  return path;
}

/** The upper halves of the numbers (BF16), or F16 by way of DataView-free rounding: values are small, so no overflow. */
function halved(values, type) {
  const bits = new Uint32Array(values.buffer);
  const halves = Uint16Array.from(bits, (word) => {
    if (type === "BF16") return word >>> 16;
    const exponent = ((word >>> 23) & 255) - 112;
    return (
      ((word >>> 16) & 0x8000) | (exponent <= 0 ? 0 : (exponent << 10) | ((word >>> 13) & 1023))
    );
  });
  return new Float32Array(halves.buffer, 0, halves.length / 2);
}
