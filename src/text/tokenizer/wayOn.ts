/** What to do about a tokenizer whose files are not read here. */
export const WAY_ON =
  "a tokenizer.json says it all: AutoTokenizer.from_pretrained(...).save_pretrained(...) writes one";
