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
 * Hands all bytes of `ranges` to `visit`, in order and in pieces, so that memory stays small; the next piece is read meanwhile.
 *
 * @param visit what it returns is awaited
 * @throws {AbortError} between two pieces once `signal` is aborted
 */
export async function inChunks<Range extends ByteRange>(
  ranges: readonly Range[],
  visit: (bytes: Uint8Array, range: Range) => unknown,
  { signal, progress }: ScanOptions = {},
): Promise<void> {
  const totalBytes = ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  const reads = readsOf(ranges);
  let ahead = reads.next();
  while (!ahead.done) {
    throwIfAborted(signal);
    const { bytes: reading, range } = ahead.value;
    const bytes = await reading;
    ahead = reads.next();
    await visit(bytes, range);
    doneBytes += bytes.length;
    progress?.(doneBytes, totalBytes);
  }
}

/** Each is begun when it is asked for. */
function* readsOf<Range extends ByteRange>(ranges: readonly Range[]) {
  for (const range of ranges) {
    for (let done = 0; done < range.sizeBytes; done += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, range.sizeBytes - done);
      const bytes = range.source.read(range.offset + done, length);
      bytes.catch(() => undefined); // seen when it is awaited, and until then no unhandled rejection
      yield { bytes, range };
    }
  }
}
