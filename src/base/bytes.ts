/** @file Where bytes come from: one small interface, so that files, memory and browser blobs look the same to readers. */

/** Random access to bytes that do not change while they are read. */
export interface ByteSource {
  /** Name for messages: a path, or what the user called it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Absolute path with links resolved, where the bytes are a file that a runtime can map. */
  readonly realPath?: string | undefined;
  /** Exactly `length` bytes from `offset`; the caller has checked both against `sizeBytes`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills memory that is there with as many; left out: `read` alone gives them. */
  readonly readInto?: ((offset: number, bytes: Uint8Array) => Promise<void>) | undefined;
}

/** Number formats that a stored tensor can have and the engine can use without conversion outside the graph. */
export const STORED_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;
export type StoredType = keyof typeof STORED_BYTES;

/** Values that share a scale, along the innermost axis. */
export const BLOCK_VALUES = 32;

/** Values as codes of four bits with a scale for each block: value = (code - 8) scale, exactly, as float32. */
export interface StoredBlocks {
  /** Half a byte for each value, row-major; of two neighbours the first is in the low half. */
  readonly codes: ByteSource;
  /** Float32, for each block. */
  readonly scales: ByteSource;
}

/** A tensor in a file (or in memory), located but not read. Row-major and contiguous. */
export interface StoredTensor {
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly source: ByteSource;
  /** First byte within the source. */
  readonly offset: number;
  /** Product of shape times bytes per value: checked against the source by whoever made this. */
  readonly sizeBytes: number;
  /** The same values in fewer bytes, where the file has whole rows of such blocks; left out: it has none. */
  readonly blocks?: StoredBlocks | undefined;
}

/** Tensors of a checkpoint by their name in the checkpoint. */
export type Weights = ReadonlyMap<string, StoredTensor>;

/** Bytes that are already in memory. */
export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** The bytes that an array or a view shows, not copied. */
export function bytesOfView({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
