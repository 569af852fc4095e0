/** What a behaviour is called, what is computed, and where it comes from. */
export interface BehaviourWords {
  /** As in the Result and in `only`. */
  readonly name: string;
  readonly title: string;
  /** What is computed, with indices. */
  readonly formula: string;
  /** Who described it, and how this differs. */
  readonly source: string;
  /** share: 0 to 1; difference: -1 to 1, with 0 for a head that does not tell the two apart; logits: any number. */
  readonly kind: "share" | "difference" | "logits";
}
