/** @file How the byte-level tokenizer of a GGUF cuts text: by the name that the file has for it, or by its vocabulary. */
import type { GgufMetadata, Vocabulary } from "./ggufVocabulary.ts";
import { SPLIT_PATTERNS, type SplitPattern } from "./splitPatterns.ts";

/** A cut, and how it is known. */
export interface GgufCut {
  readonly name: string;
  readonly pattern: SplitPattern;
  /** Whether the file does not say it, and its vocabulary does. */
  readonly guessed: boolean;
}

/** The cut, or a sentence on why there is none. */
export function ggufCut(metadata: GgufMetadata, { tokens }: Vocabulary): GgufCut | string {
  const preName = metadata["tokenizer.ggml.pre"];
  const isSaid = preName !== undefined && preName !== "default";
  if (isSaid) {
    const pattern = SPLIT_PATTERNS.get(String(preName));
    if (pattern) return { name: String(preName), pattern, guessed: false };
    const names = [...SPLIT_PATTERNS.keys()].join(", ");
    return `tokenizer.ggml.pre of the GGUF is ${JSON.stringify(preName)}, a cut that is not known (known: ${names})`;
  }
  const guess = VOCABULARIES.find(({ marks }) =>
    marks.every(([id, token]) => tokens[id] === token),
  );
  if (guess) return { name: guess.cut, pattern: SPLIT_PATTERNS.get(guess.cut)!, guessed: true };
  return `the GGUF does not say how text is cut before it is merged (tokenizer.ggml.pre is ${preName === undefined ? "missing" : '"default"'}), and its vocabulary is none that tells`;
}

interface KnownVocabulary {
  readonly cut: string;
  /** Tokens at ids that together no other vocabulary has. */
  readonly marks: readonly (readonly [id: number, token: string])[];
}

const FIRST = [0, "!"] as const;
const END = "<|endoftext|>";

/** Vocabularies of files from before the key was there, which llama.cpp cuts in a way of its own. */
const VOCABULARIES: readonly KnownVocabulary[] = [
  { cut: "gpt-2", marks: [FIRST, [50256, END]] },
  { cut: "qwen2", marks: [FIRST, [151643, END]] },
  { cut: "llama-bpe", marks: [FIRST, [128000, "<|begin_of_text|>"]] },
  { cut: "deepseek-coder", marks: [FIRST, [32013, "<\uFF5Cbegin\u2581of\u2581sentence\uFF5C>"]] },
  { cut: "deepseek-llm", marks: [FIRST, [100000, "<\uFF5Cbegin\u2581of\u2581sentence\uFF5C>"]] },
  {
    cut: "olmo",
    marks: [
      [0, END],
      [1, "<|padding|>"],
      [2, "!"],
    ],
  }, // GPT-NeoX's, of Pythia and MPT too
  {
    cut: "starcoder",
    marks: [
      [0, END],
      [1, "<fim_prefix>"],
      [2, "<fim_middle>"],
    ],
  },
  {
    cut: "smollm",
    marks: [
      [0, END],
      [1, "<|im_start|>"],
      [2, "<|im_end|>"],
      [3, "<repo_name>"],
    ],
  },
  {
    cut: "falcon",
    marks: [
      [0, ">>TITLE<<"],
      [11, END],
    ],
  },
  {
    cut: "command-r",
    marks: [
      [0, "<PAD>"],
      [5, "<BOS_TOKEN>"],
      [6, "<EOS_TOKEN>"],
    ],
  },
];
