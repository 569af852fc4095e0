/** @file Random texts that are hard for tokenizers: the generator of tools/make_tokenizer_vectors.py, draw by draw. */

const WORDS = [
  " the",
  " Once",
  " upon",
  " a time",
  "hello",
  " world",
  " token",
  " head",
  "ing",
  "er",
  " of",
  "The",
  " two",
  " three",
  "'s",
  "'re",
  "'LL",
  "n't",
  "'ve",
  "\u2581",
  "<0x41>",
];
const SPACES = ["\n", "\t", "\r", "\r\n", "\u0085", "\u00a0", "\u2028", "\ufeff", "\u3000", "\n\n"];
const EMOJI = ["🙂", "👩‍💻", "👍🏽", "🇫🇷", "❤️", "🏳️‍🌈", "𝒳", "𐍈"];
const NUMBERS = ["7", "42", "1999", "٣", "²", "Ⅷ", "½", "०", "１"];
const RANGES = [
  [0xc0, 0x24f],
  [0x400, 0x4ff],
  [0x5d0, 0x5ea],
  [0x627, 0x64a],
  [0xac00, 0xd7a3],
  [0x905, 0x939],
  [0x3041, 0x3096],
  [0x4e00, 0x9fa5],
] as const;

/** Texts without end, the same for the same seed: letters of many scripts, emoji, NUL, marks, lone surrogates. */
export function* randomTexts(seed: number): Generator<string, never> {
  let state = seed;
  const below = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % count;
  };
  const of = <Item>(items: readonly Item[]) => items[below(items.length)]!;
  const part = (): string => {
    const kind = below(16);
    if (kind < 4) return String.fromCharCode(32 + below(95));
    if (kind < 7) return of(WORDS);
    if (kind === 7) return " ".repeat(1 + below(4));
    if (kind === 8) return of(SPACES);
    if (kind === 9) return of(NUMBERS);
    if (kind === 10) return of(EMOJI);
    if (kind === 11)
      return String.fromCharCode(97 + below(26)) + String.fromCharCode(0x300 + below(0x70));
    if (kind === 12) return String.fromCharCode(below(32));
    if (kind === 13) return String.fromCharCode(0xd800 + below(0x800));
    const [low, high] = of(RANGES);
    return String.fromCharCode(low + below(high - low + 1));
  };
  for (;;) {
    let text = "";
    for (let parts = below(24); parts > 0; parts--) text += part();
    yield text;
  }
}

/** 24 bits of FNV-1a over the ids, four bytes each, as the vectors hold them. */
export function hash24(ids: readonly number[]): number {
  let hash = 2166136261;
  for (const id of ids) {
    for (let shift = 0; shift < 32; shift += 8)
      hash = Math.imul(hash ^ ((id >>> shift) & 255), 16777619);
  }
  return hash & 0xffffff;
}
