/** `text` with a capital letter first: a sentence of words that may stand in another. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
