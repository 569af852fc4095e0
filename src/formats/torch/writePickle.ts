/** @file Writes the pickles that PyTorch and nanoGPT read: plain values, and tensors by reference to their storage. */
import type { TensorToWrite } from "../writeSafetensors.ts";

/** A float32 tensor whose numbers lie in the storage called `storage`. */
export interface StoredInTorch extends Pick<TensorToWrite, "shape"> {
  readonly storage: string;
}

export type Picklable =
  null | boolean | number | string | StoredInTorch | ReadonlyMap<string | number, Picklable>;

/** Protocol 2, which every version of PyTorch reads. Whole numbers are integers, all others floats. */
export function pickleBytes(value: Picklable): Uint8Array {
  return Uint8Array.from([0x80, 2, ...pickleOf(value), ...op(".")]);
}

function pickleOf(value: Picklable): number[] {
  if (value === null) return op("N");
  if (typeof value === "boolean") return [value ? 0x88 : 0x89];
  if (typeof value === "number") return Number.isInteger(value) ? integer(value) : float(value);
  if (typeof value === "string") return text(value);
  if (value instanceof Map) {
    const items = [...(value as ReadonlyMap<string | number, Picklable>)];
    return [
      ...op("}("),
      ...items.flatMap(([key, each]) => pickleOf(key).concat(pickleOf(each))),
      ...op("u"),
    ];
  }
  return tensor(value as StoredInTorch);
}

/** torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()). */
function tensor({ shape, storage }: StoredInTorch): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const id = [
    text("storage"),
    name("torch", "FloatStorage"),
    text(storage),
    text("cpu"),
    integer(size),
  ];
  return [
    ...name("torch._utils", "_rebuild_tensor_v2"),
    ...op("("),
    ...tuple(id),
    ...op("Q"),
    ...integer(0),
    ...tuple(shape.map(integer)),
    ...tuple(strides.map(integer)),
    0x89,
    ...name("collections", "OrderedDict"),
    ...op(")R"),
    ...op("tR"),
  ];
}

function tuple(items: readonly (readonly number[])[]): number[] {
  return [...op("("), ...items.flat(), ...op("t")];
}

function name(module: string, attribute: string): number[] {
  return op(`c${module}\n${attribute}\n`);
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...op("X"), ...little(bytes.length), ...bytes];
}

function integer(value: number): number[] {
  return [...op("J"), ...little(value)];
}

function float(value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return [...op("G"), ...bytes];
}

function little(value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return [...bytes];
}

function op(characters: string): number[] {
  return [...new TextEncoder().encode(characters)];
}
