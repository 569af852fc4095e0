/** @file Text from outside (model ids, warnings that quote them) made safe to show: nothing invisible stays invisible. */

/** Controls, lone surrogates, private and non-characters, and formats that hide, reorder or break text. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

/**
 * `text` with every control, format and private character written as its code, such as `\u{1b}`.
 *
 * A terminal cannot be steered by the result, XML 1.0 can hold it, and right-to-left overrides do not reorder it.
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** `text` shortened to `most` characters by leaving out its middle. */
export function shortenText(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  const head = most - 1 - tail;
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
}
