/** @file A pair of texts of one's own. */

/** Two texts of as many tokens, and what may follow them; the answer with its space, as it goes on: " Mary". */
export interface CausalPrompt {
  readonly clean: string;
  readonly corrupted: string;
  /** The token that follows the clean text. */
  readonly answer: string;
  /** The token that it is compared with, for logit-difference. */
  readonly wrong?: string | undefined;
}
