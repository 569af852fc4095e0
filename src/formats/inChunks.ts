import type { ByteSource } from "../base/bytes.ts";
import { throwIfAborted } from "../base/errors.ts";

/** For work that goes through a whole checkpoint. */
export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** A range of a source. */
export interface ByteRange {
  readonly source: ByteSource;
  readonly offset: number;
  readonly sizeBytes: number;
}

const CHUNK_BYTES = 4 * 1024 * 1024; // a multiple of every value's width

/**
 * Hands all bytes of `ranges` to `visit`, in order and in pieces, so that memory stays small.
 *
 * @throws {AbortError} between two pieces once `signal` is aborted
 */
export async function inChunks<Range extends ByteRange>(
  ranges: readonly Range[],
  visit: (bytes: Uint8Array, range: Range) => void,
  { signal, progress }: ScanOptions = {},
): Promise<void> {
  const totalBytes = ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  for (const range of ranges) {
    for (let done = 0; done < range.sizeBytes; done += CHUNK_BYTES) {
      throwIfAborted(signal);
      const length = Math.min(CHUNK_BYTES, range.sizeBytes - done);
      visit(await range.source.read(range.offset + done, length), range);
      doneBytes += length;
      progress?.(doneBytes, totalBytes);
    }
  }
}
