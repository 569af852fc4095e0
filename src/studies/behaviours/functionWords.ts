/** @file Words that say little by themselves: no head is said to suppress their copies, since everything predicts them. */
export const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  `a an the and or but nor so yet if then than that this these those as at by for from in into of off on onto out over to up with
without about after before between through under is are was were be been being am do does did has have had will would can could
shall should may might must not no it its he him his she her hers they them their we us our you your i me my who whom whose which what when
where why how all any both each few more most other some such only own same too very just there here`.split(
    /\s+/,
  ),
);

/** Whether a token's text is one of them, or no word at all. */
export function isFunctionWord(piece: string): boolean {
  const word = piece.trim().toLowerCase();
  return !/\p{L}/u.test(word) || FUNCTION_WORDS.has(word);
}
