/** @file Reads numbers and text of a GGUF header one after another, never past what the file has. */
import type { ByteSource } from "../../base/bytes.ts";
import { InputError } from "../../base/errors.ts";

/** More bytes of the file are needed than are in memory: read more and begin again. */
export class MoreNeeded extends Error {
  override readonly name = "MoreNeeded";
}

/** A place in a header that moves on with every read. Little endian. */
export interface Cursor {
  position(): number;
  /** Checks that `count` things of at least `bytesEach` can still follow, before anything is made for them. */
  expect(what: string, count: number, bytesEach: number): void;
  /** The next `size` bytes; `what` names them should the file end before. */
  take(what: string, size: number): DataView;
  u32(what: string): number;
  /** A count or size of 64 bits, refused from 2^53 on. */
  count(what: string): number;
  /** Text that is preceded by its length. */
  text(what: string): string;
}

/** A cursor over the first bytes of `source`. */
export function cursorOver(source: ByteSource, bytes: Uint8Array): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const require = (what: string, size: number) => {
    if (at + size > source.sizeBytes) {
      const left = source.sizeBytes - at;
      throw new InputError(
        "file",
        `${source.name} ends within ${what}: ${size} bytes are needed at ${at}, got ${left}`,
      );
    }
    if (at + size > bytes.length) throw new MoreNeeded();
  };
  const step = (what: string, size: number) => {
    require(what, size);
    at += size;
    return at - size;
  };
  const count = (what: string) => countAt(source, what, view, step(what, 8));
  return {
    position: () => at,
    expect: (what, things, bytesEach) => {
      if (things * bytesEach <= source.sizeBytes - at) return;
      const most = Math.floor((source.sizeBytes - at) / bytesEach);
      throw new InputError(
        "file",
        `${source.name} says it has ${things} ${what}, but has room for ${most}`,
      );
    },
    take: (what, size) => new DataView(view.buffer, view.byteOffset + step(what, size), size),
    u32: (what) => view.getUint32(step(what, 4), true),
    count,
    text: (what) => {
      const size = count(what);
      return textIn(source, what, bytes, step(what, size), size);
    },
  };
}

function countAt(source: ByteSource, what: string, view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  if (high < 2 ** 21) return high * 2 ** 32 + view.getUint32(at, true);
  const value = view.getBigUint64(at, true);
  throw new InputError("file", `${source.name} needs ${what} below 2^53, got ${value}`);
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textIn(
  source: ByteSource,
  what: string,
  bytes: Uint8Array,
  at: number,
  size: number,
): string {
  try {
    return DECODER.decode(bytes.subarray(at, at + size));
  } catch (error) {
    throw new InputError("file", `${source.name} needs valid UTF-8 in ${what}`, { cause: error });
  }
}
