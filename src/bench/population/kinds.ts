/** @file The kinds of heads that a planted model can have: how each is built, what is true of it, and why. */
import type { Block } from "./stream.ts";

/** What a verdict should call a head. */
export type TrueLabel =
  | "induction"
  | "anti-induction"
  | "copy-suppression"
  | "attends-without-copying"
  | "positional"
  | "previous-token"
  | "duplicate-token"
  | "current-token"
  | "first-token"
  | "mixed"
  | "other";

/** A term of attention scores that compares contents: `sharpness` for a perfect match. */
export interface Match {
  readonly query: Block;
  readonly key: Block;
  readonly sharpness: number;
}

/** A term that compares places: highest `shift` before the position that the query block holds. */
export interface Place {
  /** Left out: position, the query's own. */
  readonly query?: "position" | "pointer" | undefined;
  readonly shift: number | "drawn";
  /** About the lead over the neighbours. */
  readonly sharpness: number;
}

export interface Copies {
  /** `content`: what the unembedding knows tokens by, the token or what an MLP derived from it. */
  readonly from: Block | "content";
  readonly to: Block;
  readonly strength: number;
  /** In place of a copy a random linear map of what is read, which raises the token itself by 0 on average. */
  readonly scrambled?: boolean | undefined;
}

export interface Build {
  readonly matches?: readonly Match[] | undefined;
  readonly places?: readonly Place[] | undefined;
  /** Score of the first position for every query. */
  readonly rest?: number | undefined;
  /**
   * Share of attention for the match or place, what is left on the first position, in place of `rest`. `partial`: .2 to
   * .5; `most`: all of it in half of the heads, .5 to .95 in the others.
   */
  readonly share?: "partial" | "most" | undefined;
  readonly copies?: Copies | undefined;
}

export interface Kind {
  readonly label: TrueLabel;
  /** Why the label is true. */
  readonly reason: string;
  /** Built so that a simple rule gets it wrong. */
  readonly adversarial: boolean;
  /** Its weights but for the place; null: left as noise. */
  readonly build: Build | null;
  /** What earlier heads of this kind write and it reads, through its keys, its queries or both. */
  readonly fedBy?: Readonly<Partial<Record<"k" | "q", string>>> | undefined;
  /** It writes to the right place and that is undone: `induction` with the flag `inert` says the same. */
  readonly inert?: boolean | undefined;
}

/** What each induction head writes; the unembedding multiplies it by 12. */
const FULL = 1.5;
/** Longer than the rest of the stream, which has 12 at every position and little else. */
const LARGE = 20;
const MATCH: readonly Match[] = [{ query: "token", key: "previous", sharpness: 20 }];
const SAME: Build = {
  matches: [{ query: "token", key: "token", sharpness: 24 }],
  places: [{ shift: 0, sharpness: -16 }],
  rest: 11,
};
const at = (shift: Place["shift"]): readonly Place[] => [{ shift, sharpness: 30 }];
const predicts = (strength: number): Copies => ({ from: "content", to: "prediction", strength });
const fromFeeder = { k: "feeder" } as const;

export const KINDS = {
  feeder: {
    label: "previous-token",
    reason: "looks one back and writes that token where later keys read it",
    adversarial: false,
    build: { places: at(1), copies: { from: "token", to: "previous", strength: 1 } },
  },
  previous: {
    label: "previous-token",
    reason: "looks one back and writes nothing",
    adversarial: false,
    build: { places: at(1), share: "most" },
  },
  latePrevious: {
    label: "previous-token",
    reason: "looks one back in a layer after the first, where matching heads are",
    adversarial: true,
    build: { places: at(1), share: "most" },
  },
  pointer: {
    label: "duplicate-token",
    reason:
      "looks at the earlier copy of the current token and writes its position where queries read it",
    adversarial: true,
    build: { ...SAME, copies: { from: "position", to: "pointer", strength: 1 } },
  },
  duplicate: {
    label: "duplicate-token",
    reason: "looks at the earlier copy of the current token",
    adversarial: false,
    build: SAME,
  },
  duplicateThatCopies: {
    label: "duplicate-token",
    reason: "looks at the earlier copy of the current token, and raises the logit of what it sees",
    adversarial: true,
    build: { ...SAME, copies: predicts(0.4) },
  },
  current: {
    label: "current-token",
    reason: "looks at its own position",
    adversarial: false,
    build: { places: at(0), share: "most" },
  },
  canceller: {
    label: "current-token",
    reason: "looks at its own position and takes off what a copier wrote there",
    adversarial: true,
    build: { places: at(0), copies: { from: "shadow", to: "shadow", strength: -1 } },
  },
  first: {
    label: "first-token",
    reason: "every query looks at position 0",
    adversarial: false,
    build: { rest: 12 },
  },
  unfed: {
    label: "first-token",
    reason: "has the weights of an induction head, and nobody writes what its keys read",
    adversarial: true,
    build: { matches: MATCH, rest: 9, copies: predicts(FULL) },
  },
  noise: { label: "other", reason: "small random weights", adversarial: false, build: null },
  positional: {
    label: "positional",
    reason: "looks a fixed distance back, which is the induction stripe at one period only",
    adversarial: true,
    build: { places: at("drawn"), share: "most" },
  },
  positionalThatCopies: {
    label: "positional",
    reason: "looks a fixed distance back and raises the logit of what it sees there",
    adversarial: true,
    build: { places: at("drawn"), share: "most", copies: predicts(0.4) },
  },
  induction: {
    label: "induction",
    reason: "looks after the earlier copy and raises the logit of what it sees",
    adversarial: false,
    build: { matches: MATCH, share: "most", copies: predicts(FULL) },
    fedBy: fromFeeder,
  },
  redundant: {
    label: "induction",
    reason: "is one of two heads that do the same, so that each alone can be missed",
    adversarial: true,
    build: { matches: MATCH, rest: 9, copies: predicts(FULL) },
    fedBy: fromFeeder,
  },
  partial: {
    label: "induction",
    reason: "looks after the earlier copy with .2 to .5 of its attention, and copies what it sees",
    adversarial: true,
    build: { matches: MATCH, share: "partial", copies: predicts(FULL) },
    fedBy: fromFeeder,
  },
  pointerInduction: {
    label: "induction",
    reason: "its query holds the position of the earlier copy, it looks one after that and copies",
    adversarial: true,
    build: {
      places: [{ query: "pointer", shift: -1, sharpness: 24 }],
      rest: 9,
      copies: predicts(FULL),
    },
    fedBy: { q: "pointer" },
  },
  doubleInduction: {
    label: "induction",
    reason: "finds its target by its keys and by its queries, either alone would do in part",
    adversarial: true,
    build: {
      matches: [{ query: "token", key: "previous", sharpness: 12 }],
      places: [{ query: "pointer", shift: -1, sharpness: 12 }],
      rest: 10,
      copies: predicts(FULL),
    },
    fedBy: { k: "feeder", q: "pointer" },
  },
  antiInduction: {
    label: "anti-induction",
    reason: "looks after the earlier copy and lowers the logit of what it sees",
    adversarial: true,
    build: { matches: MATCH, share: "most", copies: predicts(-1) },
    fedBy: fromFeeder,
  },
  copySuppression: {
    label: "copy-suppression",
    reason: "looks where the token stands that earlier heads predict, and lowers it",
    adversarial: true,
    build: {
      matches: [{ query: "prediction", key: "token", sharpness: 14 }],
      rest: 9,
      copies: predicts(-0.75),
    },
  },
  attendsOnly: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes nothing that was planted",
    adversarial: true,
    build: { matches: MATCH, share: "most" },
    fedBy: fromFeeder,
  },
  scrambled: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes a random map of what it sees",
    adversarial: true,
    build: { matches: MATCH, share: "most", copies: { ...predicts(0.6), scrambled: true } },
    fedBy: fromFeeder,
  },
  offUnembedding: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes it where the unembedding does not read",
    adversarial: true,
    build: {
      matches: MATCH,
      share: "most",
      copies: { from: "token", to: "aside", strength: FULL },
    },
    fedBy: fromFeeder,
  },
  sizeOnly: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes much where nobody reads: norms divide by more",
    adversarial: true,
    build: {
      matches: MATCH,
      share: "most",
      copies: { from: "token", to: "aside", strength: LARGE },
    },
    fedBy: fromFeeder,
  },
  meanOnly: {
    label: "attends-without-copying",
    reason:
      "looks after the earlier copy and writes the mean over entries, which layer norm takes off and RMS norm divides by",
    adversarial: true,
    build: {
      matches: MATCH,
      share: "most",
      copies: { from: "token", to: "mean", strength: LARGE },
    },
    fedBy: fromFeeder,
  },
  constantOnly: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes the same whatever it sees",
    adversarial: true,
    build: {
      matches: MATCH,
      share: "most",
      copies: { from: "constant", to: "aside", strength: LARGE },
    },
    fedBy: fromFeeder,
  },
  cancelled: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and raises what it sees, and a later part takes that off",
    adversarial: true,
    build: { matches: MATCH, rest: 9, copies: { from: "token", to: "shadow", strength: 0.8 } },
    fedBy: fromFeeder,
    inert: true,
  },
  previousAndDuplicate: {
    label: "mixed",
    reason: "looks at the earlier copy of half of all tokens, and one back from the others",
    adversarial: true,
    build: {
      matches: [{ query: "half", key: "token", sharpness: 44 }],
      places: [
        { shift: 1, sharpness: 24 },
        { shift: 0, sharpness: -20 },
      ],
    },
  },
  inductionAndPrevious: {
    label: "mixed",
    reason: "looks after the earlier copy of half of all tokens, and one back from the others",
    adversarial: true,
    build: {
      matches: [{ query: "half", key: "previous", sharpness: 26 }],
      places: [{ shift: 1, sharpness: 14 }],
      copies: predicts(FULL),
    },
    fedBy: fromFeeder,
  },
  threefold: {
    label: "mixed",
    reason: "a third of its attention each is on itself, on the earlier copy and after that",
    adversarial: true,
    build: {
      matches: [
        { query: "token", key: "token", sharpness: 20 },
        { query: "token", key: "previous", sharpness: 18 }, // wins against the others together as often as not if equal
      ],
      rest: 9,
      copies: predicts(FULL),
    },
    fedBy: fromFeeder,
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;

/** The same table with every field that a kind may have. */
export function kindOf(name: KindName): Kind {
  return KINDS[name];
}
