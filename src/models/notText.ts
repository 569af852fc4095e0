/** Why an id is no text that a random row could have, in the order in which reasons are looked for. */
export const NOT_TEXT = {
  special: "special tokens",
  added: "added tokens",
  padded: "ids that the tokenizer does not have",
  unused: "unused tokens",
  bytes: "bytes, and parts of characters",
} as const;
export type NotText = keyof typeof NOT_TEXT;
