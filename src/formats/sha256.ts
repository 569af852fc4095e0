/** @file Hash of the bytes of files, by Node, which hashes piece by piece. */
import { createHash } from "node:crypto";
import type { ByteSource } from "../base/bytes.ts";
import type { RunningHash } from "../base/hash.ts";
import { inChunks, type ScanOptions } from "./inChunks.ts";

export function nodeSha256(): RunningHash {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

/** SHA-256 of the bytes of `sources` one after another, as 64 hexadecimal digits; read in pieces. */
export async function sha256(
  sources: readonly ByteSource[],
  options: ScanOptions = {},
): Promise<string> {
  const hash = nodeSha256();
  const ranges = sources.map((source) => ({ source, offset: 0, sizeBytes: source.sizeBytes }));
  await inChunks(ranges, hash.update, options);
  return hash.hex();
}
