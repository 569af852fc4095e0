/** @file Brings parts of files into the memory that the system lends, on Node's own threads, which go on while an engine runs. */
import { open } from "node:fs/promises";
import { group } from "d3-array";
import type { FilePart } from "../base/backend.ts";

const CHUNK_BYTES = 4 * 1024 * 1024;

/** All reads are asked for at once: an engine blocks the thread that would ask for the next. A file that cannot be read is left alone. */
export function readAhead(parts: readonly FilePart[]): void {
  for (const [path, ofFile] of group(parts, (part) => part.path))
    void readParts(path, ofFile).catch(() => undefined); // whoever needs the bytes gets the error
}

async function readParts(path: string, parts: readonly FilePart[]): Promise<void> {
  const file = await open(path);
  const scrap = Buffer.allocUnsafeSlow(CHUNK_BYTES); // nobody looks at what is read, so that all reads share it
  const reads = parts.flatMap(({ offset, sizeBytes }) =>
    Array.from({ length: Math.ceil(sizeBytes / CHUNK_BYTES) }, (_, chunk) => {
      const done = chunk * CHUNK_BYTES;
      return file.read(scrap, 0, Math.min(CHUNK_BYTES, sizeBytes - done), offset + done);
    }),
  );
  await Promise.allSettled(reads);
  await file.close();
}
