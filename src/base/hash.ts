/** @file Hashes of bytes in memory, the same in Node and in the browser. */

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-256", bytes);
}

/** SHA-1 as 40 hexadecimal digits, which git names files by. */
export function sha1Hex(bytes: Uint8Array): Promise<string> {
  return hex("SHA-1", bytes);
}

/** By the platform; a page that came over plain http from another machine has no such function, and takes a script's. */
async function hex(algorithm: "SHA-256" | "SHA-1", bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis.crypto as { readonly subtle?: SubtleCrypto }).subtle;
  const digest = subtle
    ? new Uint8Array(await subtle.digest(algorithm, bytes.slice()))
    : await scripted(algorithm, bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function scripted(algorithm: "SHA-256" | "SHA-1", bytes: Uint8Array): Promise<Uint8Array> {
  if (algorithm === "SHA-256") return (await import("@noble/hashes/sha2.js")).sha256(bytes);
  return (await import("@noble/hashes/legacy.js")).sha1(bytes);
}
