/** @file Hashes of bytes in memory, the same in Node and in the browser. */

type Algorithm = "SHA-256" | "SHA-1";

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-256", bytes);
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
  const digest = await hashOf(algorithm, bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
