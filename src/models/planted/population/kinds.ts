/** @file The kinds of heads that a planted model can have: how each is built, what is true of it, and why. */
import type { PlantedHead } from "../circuit.ts";

/** What a verdict should call a head. */
export type TrueLabel =
  | "induction"
  | "anti-induction"
  | "attends-without-copying"
  | "positional"
  | "previous-token"
  | "duplicate-token"
  | "current-token"
  | "first-token"
  | "other";

export interface Kind {
  readonly label: TrueLabel;
  /** Why the label is true. */
  readonly reason: string;
  /** Built so that a simple rule gets it wrong. */
  readonly adversarial: boolean;
  /** Its weights but for the place; null: left as noise. */
  readonly build: Omit<PlantedHead, "layer" | "head"> | null;
}

const MATCH = { query: "token", key: "previous", sharpness: 18 } as const;
const AT = { query: "position", key: "position", sharpness: 30 } as const;
const SAME = { query: "token", key: "token", sharpness: 18, avoidSelf: 18, rest: 8 } as const;
const COPY = { from: "token", to: "prediction", strength: 20 } as const;

/** Heads of layer 0 feed the keys of the matching heads of layer 1. */
export const KINDS = {
  feeder: {
    label: "previous-token",
    reason: "looks one back and writes that token where later keys read it",
    adversarial: false,
    build: { ...AT, shift: 1, copies: { from: "token", to: "previous", strength: 1 } },
  },
  previous: {
    label: "previous-token",
    reason: "looks one back, writes nothing, and may be in the last layer",
    adversarial: true,
    build: { ...AT, shift: 1 },
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
    build: { ...SAME, copies: { ...COPY, strength: 4 } },
  },
  current: {
    label: "current-token",
    reason: "looks at its own position",
    adversarial: false,
    build: AT,
  },
  first: {
    label: "first-token",
    reason: "every query looks at position 0",
    adversarial: false,
    build: { query: "previous", key: "previous", sharpness: 0, rest: 12 },
  },
  noise: { label: "other", reason: "small random weights", adversarial: false, build: null },
  positional: {
    label: "positional",
    reason: "looks a fixed distance back, which is the induction stripe at one period only",
    adversarial: true,
    build: { ...AT, shift: 23 },
  },
  induction: {
    label: "induction",
    reason: "looks after the earlier copy and raises the logit of what it sees",
    adversarial: false,
    build: { ...MATCH, rest: 8, copies: COPY },
  },
  partial: {
    label: "induction",
    reason:
      "looks after the earlier copy with less than half its attention, and copies what it sees",
    adversarial: true,
    build: { ...MATCH, rest: 18.6, copies: COPY },
  },
  antiInduction: {
    label: "anti-induction",
    reason: "looks after the earlier copy and lowers the logit of what it sees",
    adversarial: true,
    build: { ...MATCH, rest: 8, copies: { ...COPY, strength: -20 } },
  },
  attendsOnly: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes nothing that was planted",
    adversarial: true,
    build: { ...MATCH, rest: 8 },
  },
  offUnembedding: {
    label: "attends-without-copying",
    reason: "looks after the earlier copy and writes it where the unembedding does not read",
    adversarial: true,
    build: { ...MATCH, rest: 8, copies: { from: "token", to: "position", strength: 20 } },
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;
