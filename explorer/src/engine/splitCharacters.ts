/** @file Tokens that end inside a character, as people can read them: which character, and which of its bytes. */

/**
 * The texts of tokens, where one that holds a part of a character says which character and, in hexadecimal, which bytes: 我 in
 * three tokens is `我 e6`, `我 88`, `我 91` and not three signs that stand for nothing.
 *
 * @param pieces the text of each token by itself, U+FFFD for bytes that are not a character
 * @param bytes UTF-8 of the text that the last `ranges.length` tokens stand for
 * @param ranges where each of these lies in it; tokens before them, such as BOS, have none
 */
export function splitCharacters(
  pieces: readonly string[],
  bytes: Uint8Array,
  ranges: readonly (readonly [start: number, end: number])[],
): string[] {
  const before = pieces.length - ranges.length;
  return pieces.map((piece, at) => {
    const range = ranges[at - before];
    if (!range || !piece.includes("\ufffd")) return piece;
    const [start, end] = range;
    let [first, last] = [start, end];
    while (first > 0 && isInside(bytes[first])) first--;
    while (isInside(bytes[last])) last++;
    const text = new TextDecoder().decode(bytes.subarray(first, last));
    const own = Array.from(bytes.subarray(start, end), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    return `${isolated(text)} ${own.join(" ")}`;
  });
}

/** Hebrew and Arabic run to the left, and would take digits of the bytes behind them to their own left. */
const isolated = (text: string) => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Whether a byte goes on with a character that an earlier one began. */
function isInside(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
