/** @file What others published of heads of well-known models: facts, each with where it stands and how it was decided. */
import type { Label } from "../../measure/verdict/names.ts";

export interface PublishedFact {
  /** Whose heads: names on the hub, and layers and heads so that another model of that name is not taken for it. */
  readonly ids: readonly string[];
  readonly layers: number;
  readonly heads: number;
  /** `5.5`. */
  readonly headNames: readonly string[];
  /** What they are called there. */
  readonly term: string;
  /** Our labels that agree with it. */
  readonly labels: readonly Label[];
  /** How they decided. */
  readonly convention: string;
  readonly source: string;
}

const GPT2 = {
  ids: ["gpt2", "openai-community/gpt2", "gpt2-small"],
  layers: 12,
  heads: 12,
} as const;
const IOI = "Wang et al. 2022, arXiv:2211.00593";
const ON_REPEATS = "attention on repeated random tokens, and path patching on their sentences";

/** Small on purpose: what several people have looked at again. */
export const PUBLISHED: readonly PublishedFact[] = [
  {
    ...GPT2,
    headNames: ["5.5", "5.8", "5.9", "6.9"],
    term: "induction heads",
    labels: ["induction"],
    convention: ON_REPEATS,
    source: IOI,
  },
  {
    ...GPT2,
    headNames: ["2.2", "4.11"],
    term: "previous-token heads",
    labels: ["previous-token"],
    convention: ON_REPEATS,
    source: IOI,
  },
  {
    ...GPT2,
    headNames: ["0.1", "0.10", "3.0"],
    term: "duplicate-token heads",
    labels: ["duplicate-token"],
    convention: ON_REPEATS,
    source: IOI,
  },
  {
    ...GPT2,
    headNames: ["10.7"],
    term: "copy suppression head",
    labels: ["copy-suppression", "anti-induction"],
    convention: "what is lost without the head on natural text",
    source: "McDougall et al. 2023, arXiv:2310.04625",
  },
];

/** Facts of the model called `id`. */
export function publishedOf({
  id,
  layers,
  heads,
}: {
  readonly id: string;
  readonly layers: number;
  readonly heads: number;
}): readonly PublishedFact[] {
  const name = id.toLowerCase();
  return PUBLISHED.filter(
    (fact) => fact.ids.includes(name) && fact.layers === layers && fact.heads === heads,
  );
}
