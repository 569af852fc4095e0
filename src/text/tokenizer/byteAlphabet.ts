/** @file GPT-2's way to write any byte as a visible character, so that pieces of text can be stored as strings. */

/** Byte by its character: printable Latin-1 stands for itself, the other 68 bytes are U+0100 and on, in order. */
export const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = new Map(characters());

/** Character by its byte. */
export const CHARACTER_OF_BYTE: readonly string[] = [...BYTE_OF_CHARACTER]
  .sort(([, first], [, other]) => first - other)
  .map(([character]) => character);

/** The bytes that a token of a byte-level vocabulary stands for; characters outside the alphabet stand for themselves. */
export function bytesOfToken(token: string): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from(
    [...token].flatMap((character) => {
      const byte = BYTE_OF_CHARACTER.get(character);
      return byte === undefined ? [...encoder.encode(character)] : [byte];
    }),
  );
}

function characters(): [string, number][] {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const visible =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return [String.fromCharCode(visible ? byte : 0x100 + hidden++), byte];
  });
}
