/** @file A token as people can read it: spaces and line ends show, long ones are cut. */
import { shortenText, visible } from "./visible.ts";

const SHOWN: Readonly<Record<string, string>> = { " ": "·", "\n": "\\n", "\t": "\\t", "\r": "\\r" };

/** `·the` for " the", `\n` for a line end, a code for everything invisible; "" is shown as `∅`. */
export function tokenText(piece: string, most = 14): string {
  const text = piece.replace(/[ \n\t\r]/g, (character) => SHOWN[character]!);
  return text === "" ? "∅" : shortenText(visible(text), most);
}
