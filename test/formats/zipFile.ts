/** @file Hand-made zip archives of stored files for tests, right or wrong: written apart from the reader. */
import { joined, u32, u64 } from "./ggufFile.ts";

export interface Stored {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** 0 for stored. */
  readonly method?: number;
  readonly flags?: number;
  /** What the directory says instead of the truth. */
  readonly headerAt?: number;
  readonly sizeBytes?: number;
  readonly packedBytes?: number;
}

export interface ZipParts {
  /** Sizes and places in zip64 fields, as archives above 4 GB have them. */
  readonly zip64?: boolean;
  readonly comment?: string;
  readonly directoryAt?: number;
  readonly count?: number;
}

export function zipBytes(files: readonly Stored[], parts: ZipParts = {}): Uint8Array {
  const { zip64 = false, comment = "" } = parts;
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(file.name);
    const local = joined([
      u32(0x04034b50),
      new Uint8Array(22),
      u16(name.length),
      u16(4),
      name,
      new Uint8Array(4),
      file.bytes,
    ]);
    const { headerAt = at, sizeBytes = file.bytes.length, packedBytes = sizeBytes } = file;
    const sizes = zip64 ? [0xffffffff, 0xffffffff] : [packedBytes, sizeBytes];
    const extra = zip64
      ? joined([u16(1), u16(24), u64(sizeBytes), u64(packedBytes), u64(headerAt)])
      : new Uint8Array(0);
    directory.push(
      joined([
        u32(0x02014b50),
        u16(45),
        u16(45),
        u16(file.flags ?? 0),
        u16(file.method ?? 0),
        new Uint8Array(8),
      ]),
      joined([...sizes.map(u32), u16(name.length), u16(extra.length), u16(0), new Uint8Array(8)]),
      joined([u32(zip64 ? 0xffffffff : headerAt), name, extra]),
    );
    pieces.push(local);
    at += local.length;
  }
  const entries = joined(directory);
  const { directoryAt = at, count = files.length } = parts;
  const end64 = joined([
    u32(0x06064b50),
    u64(44),
    new Uint8Array(20),
    u64(count),
    u64(entries.length),
    u64(directoryAt),
  ]);
  const locator = joined([u32(0x07064b50), u32(0), u64(at + entries.length), u32(1)]);
  const wide = zip64 ? [end64, locator] : [];
  const numbers = zip64
    ? [u16(0xffff), u32(0xffffffff), u32(0xffffffff)]
    : [u16(count), u32(entries.length), u32(directoryAt)];
  const end = joined([
    u32(0x06054b50),
    u32(0),
    u16(count),
    ...numbers,
    u16(comment.length),
    new TextEncoder().encode(comment),
  ]);
  return joined([...pieces, entries, ...wide, end]);
}

function u16(value: number): Uint8Array {
  return u32(value).slice(0, 2);
}
