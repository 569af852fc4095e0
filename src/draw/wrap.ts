/** @file Width of text before any browser has drawn it, from mean advances of Inter; errs on the wide side. */

/** About how wide `text` is, in units of the font size. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[.,:;'|!ijlI\u00a0 ()[\]]/.test(character)) width += 0.3;
    else if (/[0-9]/.test(character)) width += 0.64;
    else if (/[mwMW@%…—]/.test(character)) width += 0.92;
    else if (/[A-Z_+=<>~−–]/.test(character)) width += 0.68;
    else width += character < "\u0500" ? 0.58 : 1;
  }
  return width;
}

/**
 * Lines of `text` no wider than `most`, in the units of `measure` (by default, of the font size). Breaks at spaces but not
 * at no-break spaces; a word that is too long is cut. It is our own because wrap-ansi measures terminal columns alone, and
 * pictures need the same lines in the widths of a typeface.
 */
export function wrap(text: string, most: number, measure = widthOf): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((long) => pieces(long, most, measure))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measure(longer) > most) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function pieces(word: string, most: number, measure: (text: string) => number): string[] {
  const parts = [""];
  for (const character of word) {
    const last = parts.length - 1;
    if (parts[last] !== "" && measure(parts[last]! + character) > most) parts.push(character);
    else parts[last] += character;
  }
  return parts;
}
