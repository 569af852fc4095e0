/** @file Hash of the bytes of files. Node only: in the browser `crypto.subtle` has no hash in pieces. */
import { createHash } from "node:crypto";
import type { ByteSource } from "../base/bytes.ts";
import { inChunks, type ScanOptions } from "./inChunks.ts";

/** SHA-256 of the bytes of `sources` one after another, as 64 hexadecimal digits; read in pieces. */
export async function sha256(
  sources: readonly ByteSource[],
  options: ScanOptions = {},
): Promise<string> {
  const hash = createHash("sha256");
  const ranges = sources.map((source) => ({ source, offset: 0, sizeBytes: source.sizeBytes }));
  await inChunks(ranges, (bytes) => hash.update(bytes), options);
  return hash.digest("hex");
}
