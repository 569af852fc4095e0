/** @file The same values in another order or under one name: gathered when they are first read. */
import { STORED_BYTES, type StoredTensor } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";
import { contiguousSource } from "./torch/strides.ts";

/** The matrix with rows and columns changed; a vector stays as it is. */
export function transposeStored(tensor: StoredTensor): StoredTensor {
  if (tensor.shape.length < 2) return tensor;
  const [rows, columns] = tensor.shape as readonly [number, number];
  return viewOf(tensor, [columns, rows], { shape: [columns, rows], strides: [1, columns] });
}

/**
 * Rows of queries or keys whose rotary pairs are rows (2i, 2i + 1) of a head, with pairs (i, i + n) as Hugging Face has them.
 *
 * @param heads in how many equal parts the rows fall
 * @throws {InputError} "weights" unless each head has an even number of rows
 */
export function unpairedRows(name: string, tensor: StoredTensor, heads: number): StoredTensor {
  const [rows = 0, columns = 1] = tensor.shape;
  const pairs = rows / heads / 2;
  if (!Number.isInteger(pairs))
    throw new InputError(
      "weights",
      `${name} has ${rows} rows, which are not pairs of ${heads} heads`,
    );
  return viewOf(tensor, tensor.shape, {
    shape: [heads, 2, pairs, columns],
    strides: [2 * pairs * columns, columns, 2 * columns, 1],
  });
}

/**
 * Tensors one after the other along the first axis.
 *
 * @throws {InputError} "weights" unless types and other axes are the same
 */
export function joinStored(name: string, parts: readonly StoredTensor[]): StoredTensor {
  const [first, ...others] = parts;
  if (!first) throw new InputError("weights", `${name} needs a tensor to be made of`);
  if (others.length === 0) return first;
  const inner = first.shape.slice(1).join();
  const alike = others.every(
    ({ type, shape }) => type === first.type && shape.slice(1).join() === inner,
  );
  if (!alike)
    throw new InputError(
      "weights",
      `${name} needs parts of one type and width, got ${parts.map(({ type, shape }) => `${shape.join(" x ")} ${type}`).join(", ")}`,
    );
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const shape = [parts.reduce((sum, part) => sum + part.shape[0]!, 0), ...first.shape.slice(1)];
  const read = async (at: number, length: number) => {
    const bytes = new Uint8Array(length);
    let begin = 0;
    for (const { source, offset, sizeBytes: size } of parts) {
      const [from, to] = [Math.max(at, begin), Math.min(at + length, begin + size)];
      if (from < to) bytes.set(await source.read(offset + from - begin, to - from), from - at);
      begin += size;
    }
    return bytes;
  };
  return {
    type: first.type,
    shape,
    source: { name: first.source.name, sizeBytes, read },
    offset: 0,
    sizeBytes,
  };
}

function viewOf(
  { type, source, offset, sizeBytes }: StoredTensor,
  shape: readonly number[],
  view: { readonly shape: readonly number[]; readonly strides: readonly number[] },
): StoredTensor {
  const gathered = contiguousSource(source, offset, { ...view, width: STORED_BYTES[type] });
  return { type, shape, source: gathered, offset: 0, sizeBytes };
}
