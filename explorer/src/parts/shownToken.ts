import { tokenText } from "induction-lens/report";

/** A token as people can read it, whole. */
export function shownToken(piece: string): string {
  return tokenText(piece, Infinity);
}
