const TERMS = [
  [
    "token",
    "a piece of text, or here often just its number: what the model reads one after the other",
  ],
  ["vector", "a list of numbers. Inside the model every token is such a list"],
  [
    "residual stream",
    "the vector of each position, to which every layer adds (hook_resid_pre, hook_resid_post)",
  ],
  [
    "head",
    "a part of a layer that moves information from one position to another; written layer.head",
  ],
  [
    "query, key, value",
    "what a position asks for, what a position offers, what it hands over (hook_q, hook_k, hook_v)",
  ],
  ["score", "how well a query meets a key, before softmax (hook_attn_scores)"],
  ["pattern", "the scores of a row as shares that sum to 1 (hook_pattern)"],
  ["logit", "the model's score of a token as the next one; softmax makes probabilities of them"],
  ["loss", "−log of the probability of what really came next, in nats; 0 is certain and right"],
] as const;

/** The terms of the lessons in one sentence each. */
export function Words() {
  return (
    <details class="folded">
      <summary>Words</summary>
      <dl>
        {TERMS.map(([term, means]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
