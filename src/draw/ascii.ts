const PLAIN: Readonly<Record<string, string>> = {
  "\u00a0": " ",
  "·": "-",
  "×": "x",
  "±": "+-",
  "–": "-",
  "−": "-",
  "…": "...",
  "→": "->",
  "“": '"',
  "”": '"',
};

/** Without the signs that only we write; any other character beyond ASCII as its code, such as `\u{e8}`. */
export function ascii(text: string): string {
  return text.replace(
    /[^\u0000-\u007f]/gu,
    (character) => PLAIN[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
