/** @file Hashes of bytes in memory, the same in Node and in the browser. */

type Algorithm = "SHA-256" | "SHA-1";

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-256", bytes);
}

/** A hash of bytes that come in pieces. */
export interface RunningHash {
  /** Awaited before the next; the bytes may be used again by then. */
  update(bytes: Uint8Array): Promise<void> | void;
  /** Of all that came, as hexadecimal digits. */
  hex(): Promise<string> | string;
  /** Gives back what it took, whether or not it was asked for the digits; left out: it took nothing. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** The platform's hash takes all bytes at once, which browsers refuse from about 2 GB on. */
const AT_ONCE_BYTES = 1e9;

/**
 * SHA-256 in a browser: by the platform, which has all bytes once they are there, or of more than `mostAtOnce` by a script, piece by piece.
 *
 * @param sizeBytes how many there will be
 */
export async function runningSha256(
  sizeBytes: number,
  mostAtOnce: number = AT_ONCE_BYTES,
): Promise<RunningHash> {
  if (sizeBytes > mostAtOnce) {
    const hash = (await import("@noble/hashes/sha2.js")).sha256.create();
    return { update: (bytes) => void hash.update(bytes), hex: () => hexOf(hash.digest()) };
  }
  const all = new Uint8Array(sizeBytes);
  let end = 0;
  return {
    update(bytes) {
      all.set(bytes, end);
      end += bytes.length;
    },
    hex: () => sha256Hex(all.subarray(0, end)),
  };
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
