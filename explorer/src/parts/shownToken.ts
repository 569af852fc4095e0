import { tokenText } from "induction-lens/report";

/** A token as people can read it, whole. */
export function shownToken(piece: string): string {
  return tokenText(piece, Infinity);
}

/** A token that can be read already, in at most so many letters: the middle of a longer one is left out. */
export function shortToken(token: string, most: number): string {
  return tokenText(token, most);
}
