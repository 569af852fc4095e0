import type { AddedToken } from "./bpeTokenizer.ts";

/** A token beside the vocabulary, with what the files say of it; a special one is found in text as it is written unless they say otherwise. */
export function addedToken(
  id: number,
  content: string,
  special: boolean,
  { normalized, lstrip, rstrip }: Readonly<Record<string, unknown>>,
): AddedToken {
  return {
    id,
    content,
    special,
    normalized: typeof normalized === "boolean" ? normalized : !special,
    lstrip: lstrip === true,
    rstrip: rstrip === true,
  };
}
