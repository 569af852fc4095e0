/** A token as text that can be seen: spaces, line ends and what has no shape get a sign. */
export function shownToken(piece: string): string {
  if (piece === "") return "∅";
  return piece
    .replaceAll(" ", "·")
    .replaceAll("\n", "↵")
    .replaceAll("\t", "⇥")
    .replace(/\p{Cc}/gu, "�");
}
