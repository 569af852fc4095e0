interface Term {
  readonly term: string;
  readonly means: string;
  /** The lessons in which it first matters, from 0. */
  readonly lessons: readonly number[];
  /** The colour that it has in all views. */
  readonly kind?: "inQuery" | "inKey" | "inValue";
}

const TERMS: readonly Term[] = [
  {
    term: "token",
    means:
      "a piece of text, or here often just its number: what the model reads one after the other",
    lessons: [0, 4],
  },
  {
    term: "position",
    means: "where a token stands in the row, counted from 0: the number below its box",
    lessons: [0, 4],
  },
  {
    term: "vector",
    means: "a list of numbers. Inside the model every token is such a list",
    lessons: [0],
  },
  {
    term: "length",
    means:
      "how long the arrow is: a vector's numbers say how far it goes in each direction (the root of the sum of their squares)",
    lessons: [0],
  },
  {
    term: "residual stream",
    means:
      "the vector of each position, to which every layer adds (in code: hook_resid_pre, hook_resid_post)",
    lessons: [0],
  },
  {
    term: "layer",
    means: "a step of the model: several heads that read the same vectors and add to them",
    lessons: [0, 1],
  },
  {
    term: "head",
    means:
      "a part of a layer that moves information from one position to another; written layer.head",
    lessons: [0, 1, 3, 4],
  },
  {
    term: "query",
    means: "what a position asks for (in code: hook_q)",
    lessons: [1],
    kind: "inQuery",
  },
  { term: "key", means: "what a position offers (in code: hook_k)", lessons: [1], kind: "inKey" },
  {
    term: "value",
    means: "what a position hands over where its key fits (in code: hook_v)",
    lessons: [1, 3],
    kind: "inValue",
  },
  {
    term: "score",
    means: "how well a query meets a key, before softmax (in code: hook_attn_scores)",
    lessons: [1, 2],
  },
  {
    term: "softmax",
    means:
      "turns scores into shares of 100\u00a0%: each is e to the power of its score, divided by the sum of all",
    lessons: [2],
  },
  {
    term: "pattern",
    means: "the scores of a row as shares that sum to 1 (in code: hook_pattern)",
    lessons: [2, 3],
  },
  {
    term: "cut",
    means:
      "the head still reads, but what it would add is set to zero: the model goes on without it",
    lessons: [3],
  },
  {
    term: "loss",
    means: "−log of the probability of what really came next, in nats; 0 is certain and right",
    lessons: [3],
  },
];

/** The words of a lesson, beside it where there is room. */
export function MarginNotes({ lesson }: { readonly lesson: number }) {
  return (
    <aside class="notes" aria-labelledby="notes">
      <h3 id="notes">Words of this lesson</h3>
      <dl>
        {TERMS.filter(({ lessons }) => lessons.includes(lesson)).map(({ term, means, kind }) => (
          <div key={term}>
            <dt class={kind}>{term}</dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
