/** @file The tokenizers of a GGUF that cut words into pieces: the kinds `bert` (WordPiece) and `t5` (SentencePiece's Unigram). */
import { charsmapOf } from "./charsmap.ts";
import { list, scoresOf, type GgufMetadata, type Vocabulary } from "./ggufVocabulary.ts";
import { pieceBytes, TYPE } from "./pieceTypes.ts";
import { sentenceNormalizer } from "./sentenceNormalizer.ts";
import { checkedNormalizer, checkedPreTokenizer } from "./textPipeline.ts";
import { spmTokenizer } from "./spmTokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { unigramIds } from "./unigram.ts";
import { wordPieceTokenizer } from "./wordPieceTokenizer.ts";

const START = "\u2581";
const CONTINUES = "##";
const LONGEST_WORD = 100;

/**
 * BERT's, with the normalisation of its tokenizer.json: the file says nothing of it, so capitals and accents stay where the
 * vocabulary has capitals. Tokens have a mark where a word begins, in place of BERT's own where one goes on.
 *
 * @see llama.cpp, which makes all text small, and knows no longest word
 */
export function bertOfGguf(
  { tokens, types, special }: Vocabulary,
  unknown: number,
  ends: Pick<Tokenizer, "bos" | "eos">,
): Tokenizer {
  const isText = (id: number) => types[id] === TYPE.normal || types[id] === TYPE.unused;
  const isMarked = tokens.some((token, id) => isText(id) && token.startsWith(START));
  const ownName = (token: string) => {
    if (!isMarked) return token;
    return token.startsWith(START) ? token.slice(START.length) : CONTINUES + token;
  };
  const entries = tokens.map((token, id) => [isText(id) ? ownName(token) : token, id] as const);
  const cased = tokens.some((token, id) => isText(id) && token !== token.toLowerCase());
  const flags = { special: true, normalized: false, lstrip: false, rstrip: false };
  const lowercase = !cased;
  return wordPieceTokenizer({
    description: `the GGUF's bert tokenizer (WordPiece, ${cased ? "with" : "without"} capitals, as its vocabulary)`,
    vocab: new Map(entries),
    added: special.map((token) => ({ ...token, ...flags })),
    normalizer: checkedNormalizer({ ...BERT, lowercase }),
    preTokenizer: checkedPreTokenizer({ type: "BertPreTokenizer" }),
    ...{ ...ends, unknown: entries[unknown]![0], prefix: CONTINUES, longestWord: LONGEST_WORD },
  });
}

const BERT = { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true };

/** SentencePiece's Unigram, with its table of characters. Parts between special tokens are cut each by itself. */
export function unigramOfGguf(
  metadata: GgufMetadata,
  vocabulary: Vocabulary,
  unknown: number,
  ends: Pick<Tokenizer, "bos" | "eos">,
): Tokenizer {
  const { tokens, types, special } = vocabulary;
  const isApart = (id: number) => types[id] === TYPE.control || types[id] === TYPE.userDefined;
  const apart = new Map(
    tokens.flatMap((token, id) =>
      isApart(id) ? [[token.replaceAll(START, " "), id] as const] : [],
    ),
  );
  const scores = scoresOf(metadata, tokens.length);
  const normalize = normalizerIn(metadata);
  return spmTokenizer({
    description: "the GGUF's t5 tokenizer (SentencePiece, Unigram)",
    ...{ vocabSize: tokens.length, specialTokens: special, ...ends, apart },
    normalize: (part) => normalize(part),
    cut: unigramIds({ tokens, types, scores, unknown }),
    bytesOf: pieceBytes(tokens, types),
  });
}

function normalizerIn(metadata: GgufMetadata): (text: string) => string {
  const isThere = metadata["tokenizer.ggml.precompiled_charsmap"] !== undefined;
  const bytes = isThere ? list(metadata, "precompiled_charsmap", Number.isInteger) : [];
  return sentenceNormalizer({
    charsmap: bytes.length === 0 ? null : charsmapOf(Uint8Array.from(bytes as number[])),
    prefix: metadata["tokenizer.ggml.add_space_prefix"] !== false,
    collapses: metadata["tokenizer.ggml.remove_extra_whitespaces"] === true,
  });
}
