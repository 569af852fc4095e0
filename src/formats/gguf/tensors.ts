import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";
import type { Cursor } from "./cursor.ts";
import { GGML_TYPES, ggmlTypeName, REMOVED_TYPES, type GgmlTypeName } from "./types.ts";

/** A tensor of a GGUF file, located but not read. */
export interface GgufTensor {
  /** The file that it is in. */
  readonly source: ByteSource;
  readonly type: GgmlTypeName;
  /** Row-major, outermost axis first: the reverse of ggml's order. */
  readonly shape: readonly number[];
  /** First byte within the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A tensor as the header lists it: its offset counts from the start of the tensor data. */
export interface TensorInfo extends GgufTensor {
  readonly name: string;
}

/** A name of no letters, no axes, type and offset. */
export const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;
const MAX_AXES = 4;

/** The next tensor of the list, with everything checked that can be without the others. */
export function tensorInfo(source: ByteSource, cursor: Cursor): TensorInfo {
  const name = cursor.text("a tensor name");
  const what = `tensor ${JSON.stringify(name.slice(0, 80))}`;
  const axes = cursor.u32(what);
  if (axes > MAX_AXES)
    throw brokenFile(source, `${what} needs at most ${MAX_AXES} axes, got ${axes}`);
  const dims = Array.from({ length: axes }, () => cursor.count(`the shape of ${what}`)); // innermost first
  const type = cursor.u32(what);
  const offset = cursor.count(`the offset of ${what}`);
  const typeName = ggmlTypeName(type);
  if (!typeName) throw brokenFile(source, `${what} has type ${type}, ${whyUnknown(type)}`);
  const sizeBytes = sizeOf(source, what, typeName, dims);
  return { name, source, type: typeName, shape: dims.toReversed(), offset, sizeBytes };
}

function whyUnknown(type: number): string {
  const removed = REMOVED_TYPES.get(type);
  if (!removed) return "which ggml does not know";
  return `${removed}, which ggml has no more: quantise the model anew, such as to Q4_0`;
}

function sizeOf(
  source: ByteSource,
  what: string,
  type: GgmlTypeName,
  dims: readonly number[],
): number {
  const { blockValues, blockBytes } = GGML_TYPES[type];
  const shape = dims.toReversed().join(" x ");
  if (dims.includes(0)) throw brokenFile(source, `${what} needs axes of at least 1, got ${shape}`);
  const row = dims[0] ?? 1;
  if (row % blockValues !== 0) {
    throw brokenFile(
      source,
      `${what} of ${type} needs rows of a multiple of ${blockValues} values, got ${shape}`,
    );
  }
  let size = (row / blockValues) * blockBytes;
  for (const dim of dims.slice(1)) size *= dim;
  if (size > source.sizeBytes) {
    throw brokenFile(source, `${what} of ${type} and shape ${shape} is larger than the file`);
  }
  return size;
}

/**
 * The tensors with their place in the file, after checking that all lie in it, aligned and apart.
 *
 * @param headerEnd first byte after the list of tensors
 */
export function placeTensors(
  source: ByteSource,
  infos: readonly TensorInfo[],
  headerEnd: number,
  alignment: number,
): Map<string, GgufTensor> {
  const dataStart = Math.ceil(headerEnd / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { name, type, shape, offset, sizeBytes } of infos) {
    const what = `tensor ${JSON.stringify(name.slice(0, 80))}`;
    if (tensors.has(name)) throw brokenFile(source, `${what} is there twice`);
    if (offset % alignment !== 0) {
      throw brokenFile(
        source,
        `${what} needs an offset that is a multiple of ${alignment}, got ${offset}`,
      );
    }
    if (dataStart + offset + sizeBytes > source.sizeBytes) {
      throw brokenFile(
        source,
        `${what} needs bytes ${dataStart + offset} to ${dataStart + offset + sizeBytes}, but the file has ${source.sizeBytes}`,
      );
    }
    tensors.set(name, { source, type, shape, offset: dataStart + offset, sizeBytes });
  }
  checkApart(source, tensors);
  return tensors;
}

function checkApart(source: ByteSource, tensors: ReadonlyMap<string, GgufTensor>): void {
  const inOrder = [...tensors].sort(([, info], [, other]) => info.offset - other.offset);
  let reached = 0;
  for (const [name, { offset, sizeBytes }] of inOrder) {
    if (offset < reached)
      throw brokenFile(source, `tensor ${JSON.stringify(name)} overlaps another at byte ${offset}`);
    reached = offset + sizeBytes;
  }
}

function brokenFile(source: ByteSource, message: string): InputError {
  return new InputError("file", `${source.name}: ${message}`);
}
