/** @file Hashes of bytes in memory, the same in Node and in the browser. */

import { throwIfAborted } from "./errors.ts";

type Algorithm = "SHA-256" | "SHA-1";

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-256", bytes);
}

/** The platform's hash takes all bytes at once, which browsers refuse from about 2 GB on. */
const AT_ONCE_BYTES = 1e9;
const CHUNK_BYTES = 2 ** 25;

interface HashOptions {
  /** Stops between two pieces. */
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes that are hashed and all, where there are several pieces. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Bytes up to which there is one piece. */
  readonly mostAtOnce?: number;
}

/** SHA-256 of blobs one after another, as 64 hexadecimal digits; of many bytes in pieces, a few at a time. */
export async function sha256OfBlobs(
  blobs: readonly Blob[],
  { signal, progress, mostAtOnce = AT_ONCE_BYTES }: HashOptions = {},
): Promise<string> {
  const whole = new Blob([...blobs]);
  if (whole.size <= mostAtOnce) return sha256Hex(new Uint8Array(await whole.arrayBuffer()));
  const hash = (await import("@noble/hashes/sha2.js")).sha256.create();
  for (let at = 0; at < whole.size; at += CHUNK_BYTES) {
    throwIfAborted(signal);
    progress?.(at, whole.size);
    hash.update(new Uint8Array(await whole.slice(at, at + CHUNK_BYTES).arrayBuffer()));
  }
  return hexOf(hash.digest());
}

/** SHA-1 as 40 hexadecimal digits, which git names files by. */
export function sha1Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-1", bytes);
}

/** By the platform; a page that came over plain http from another machine has no such function, and takes a script's. */
export async function hashOf(algorithm: Algorithm, bytes: Uint8Array): Promise<Uint8Array> {
  const subtle = (globalThis.crypto as { readonly subtle?: SubtleCrypto }).subtle;
  if (subtle) return new Uint8Array(await subtle.digest(algorithm, bytes.slice()));
  if (algorithm === "SHA-256") return (await import("@noble/hashes/sha2.js")).sha256(bytes);
  return (await import("@noble/hashes/legacy.js")).sha1(bytes);
}

async function hex(algorithm: Algorithm, bytes: Uint8Array): Promise<string> {
  return hexOf(await hashOf(algorithm, bytes));
}

function hexOf(digest: Uint8Array): string {
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
