/** @file A model with other values in its weights: what a fine-tune, a quantisation or a lost head leaves. */
import { bytesInMemory } from "../../src/base/bytes.ts";
import { readTensor } from "../../src/formats/readTensor.ts";
import type { LoadedModel } from "../../src/models/loadedModel.ts";

/** @param change new values of the weight `name`, whose shape is that of its file; null: they stay */
export async function changedModel<Model extends LoadedModel>(
  model: Model,
  id: string,
  change: (name: string, values: Float32Array, shape: readonly number[]) => Float32Array | null,
): Promise<Model> {
  const weights = await Promise.all(
    model.program.weights.map(async (weight) => {
      const { shape } = weight.stored;
      const values = change(weight.name, (await readTensor(weight.stored)).slice(), shape);
      if (values === null) return weight;
      const source = bytesInMemory(weight.name, new Uint8Array(values.buffer));
      const sizeBytes = values.byteLength;
      return { ...weight, stored: { type: "F32" as const, shape, source, offset: 0, sizeBytes } };
    }),
  );
  return { ...model, id, sha256: `${model.sha256}:${id}`, program: { ...model.program, weights } };
}

/** W_O of one head, in TransformerLens' layout [head, d_head, d_model], times a factor. */
export function scaledHead(layer: number, head: number, factor: number) {
  return (name: string, values: Float32Array, shape: readonly number[]): Float32Array | null => {
    if (name !== `blocks.${layer}.attn.W_O`) return null;
    const size = values.length / shape[0]!;
    return values.map((value, at) => (Math.floor(at / size) === head ? value * factor : value));
  };
}

/** Every value as bfloat16 has it, to the nearest and ties to even. */
export function asBfloat16(_name: string, values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return new Float32Array(rounded.buffer);
}
