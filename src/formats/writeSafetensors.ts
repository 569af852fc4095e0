/** @file Writes safetensors: the same tensors give the same bytes. Python's `safetensors` reads them. */
import { bytesOfView } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";

/** Types that are written, by the array that holds the values. */
const DTYPES = {
  Float32Array: "F32",
  Float64Array: "F64",
  Int32Array: "I32",
  Uint8Array: "U8",
  BigInt64Array: "I64",
} as const;

/** What a tensor is without its values. */
export interface TensorPlan {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
}

/** A tensor to write: row-major. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;
}

/**
 * A whole safetensors file: tensors sorted by name (wide types first, as alignment asks), metadata sorted by key.
 *
 * @throws {InputError} "shape" if a shape does not fit its values; "name" if a name is there twice or reserved
 */
export function safetensorsBytes(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { header, offsets, sizeBytes } = safetensorsLayout(tensors.map(planOf), metadata);
  const file = new Uint8Array(sizeBytes);
  file.set(header);
  for (const { name, data } of tensors) {
    file.set(bytesOfView(data), offsets.get(name)!);
  }
  return file;
}

/** Where everything goes in a file: for writers that do not hold all tensors at once. */
export interface SafetensorsLayout {
  /** The first bytes of the file: length and JSON, padded with spaces to a multiple of 8. */
  readonly header: Uint8Array;
  /** Name -> first byte of its values within the file; in the order of the file, without gaps. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly sizeBytes: number;
}

/** The layout of a file with these tensors; see `safetensorsBytes`. */
export function safetensorsLayout(
  plans: readonly TensorPlan[],
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  checkNames(plans);
  const inOrder = plans.toSorted(
    (entry, other) => widthOf(other) - widthOf(entry) || compare(entry.name, other.name),
  );
  const begins: number[] = [];
  const entries: string[] = [];
  let end = 0;
  for (const { name, dtype, shape, sizeBytes } of inOrder) {
    begins.push(end);
    end += sizeBytes;
    const data_offsets = [end - sizeBytes, end];
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets })}`);
  }
  const header = headerBytes([...metadataEntry(metadata), ...entries]);
  return {
    header,
    offsets: new Map(inOrder.map(({ name }, index) => [name, header.length + begins[index]!])),
    sizeBytes: header.length + end,
  };
}

function planOf({ name, shape, data }: TensorToWrite): TensorPlan {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== data.length) {
    throw new InputError(
      "shape",
      `tensor ${name} of shape ${shape.join(" x ")} needs ${size} values, got ${data.length}`,
    );
  }
  const dtype = DTYPES[data.constructor.name as keyof typeof DTYPES];
  return { name, dtype, shape, sizeBytes: data.byteLength };
}

const METADATA = "__metadata__";

function checkNames(plans: readonly TensorPlan[]): void {
  const names = new Set<string>([METADATA]);
  for (const { name } of plans) {
    if (names.has(name)) {
      const fault = name === METADATA ? "is reserved" : "is there twice";
      throw new InputError(
        "name",
        `tensors to write need names of their own, but ${name} ${fault}`,
      );
    }
    names.add(name);
  }
}

function metadataEntry(metadata: Readonly<Record<string, string>>): string[] {
  const pairs = Object.entries(metadata).sort(([name], [other]) => compare(name, other));
  const members = pairs.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
  return members.length > 0 ? [`"${METADATA}":{${members.join()}}`] : [];
}

/** Length, JSON, and spaces so that the values begin at a multiple of 8. */
function headerBytes(entries: readonly string[]): Uint8Array {
  const json = new TextEncoder().encode(`{${entries.join()}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(" ".charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

/** Bytes per value, as far as alignment cares. */
function widthOf({ dtype }: TensorPlan): number {
  return Number(/\d+$/.exec(dtype)?.[0] ?? 8) / 8;
}

/** By code units, which no locale changes. */
function compare(name: string, other: string): number {
  return name < other ? -1 : name > other ? 1 : 0;
}
