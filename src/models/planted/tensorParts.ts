/** @file Tensors of checkpoints that are made by hand: entry by entry, and all in one block of memory. */
import { bytesInMemory, type StoredTensor, type Weights } from "../../base/bytes.ts";
import { sizeOf } from "../../base/tensor.ts";

interface TensorPart {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** @param entry each number, by its row (which counts all axes but the last) and its column (0 in a vector); left out: zeros */
export type AddTensor = (
  name: string,
  shape: readonly number[],
  entry?: (row: number, column: number) => number,
) => void;

/** Tensors by name, in the order in which `addTensor` makes them. */
export function tensorParts(): {
  readonly parts: ReadonlyMap<string, TensorPart>;
  readonly addTensor: AddTensor;
} {
  const parts = new Map<string, TensorPart>();
  return {
    parts,
    addTensor: (name, shape, entry = () => 0) => {
      const columns = shape.length === 1 ? 1 : shape.at(-1)!;
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, at) =>
        entry(Math.floor(at / columns), at % columns),
      );
      parts.set(name, { shape, data });
    },
  };
}

/** Every tensor in one block of memory, as a file would have it. */
export function weightsInMemory(parts: ReadonlyMap<string, TensorPart>): Weights {
  const total = [...parts.values()].reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(total);
  const source = bytesInMemory("planted", new Uint8Array(all.buffer));
  const weights = new Map<string, StoredTensor>();
  let offset = 0;
  for (const [name, { shape, data }] of parts) {
    all.set(data, offset);
    weights.set(name, {
      type: "F32",
      shape,
      source,
      offset: 4 * offset,
      sizeBytes: 4 * data.length,
    });
    offset += data.length;
  }
  return weights;
}
