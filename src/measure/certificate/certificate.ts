/** @file The whole proof: bounds over every query of the family, which of them is the worst, and what each step loses there. */
import { accuracyReader } from "./accuracyBound.ts";
import {
  groundsOf,
  headReader,
  idealAttention,
  type Grounds,
  type HeadReader,
  type Idealisation,
  type QueryCase,
} from "./attentionBound.ts";
import { startOf, tokensBut, type Family, type ModelNumbers } from "./certifiedModel.ts";
import { down } from "./enclosure.ts";
import { firstLayer } from "./firstLayer.ts";
import { leastBefore, sharesOf } from "./shares.ts";

export interface WorstCase {
  readonly token: number;
  /** The token before it; null where all of them were taken together. */
  readonly before: number | null;
  readonly target: number;
  readonly position: number;
}

export interface HeadCertificate {
  readonly head: number;
  /** At least so much attention to the target, at every query of the second copy of every sequence. */
  readonly least: number;
  /** At least so much in the mean over queries and sequences of the family, all equally likely. */
  readonly mean: number;
  readonly worst: WorstCase;
  /** The bound at the worst case if a step lost nothing: not proved. */
  readonly without: Readonly<Record<Idealisation | "all", number>>;
}

export interface Certificate {
  readonly heads: readonly HeadCertificate[];
  /** By head of the first layer: the least share that it pays to the token before. */
  readonly before: readonly number[];
  /** Share of (sequence, query) at which the model surely predicts the next token, over queries that have one. */
  readonly accuracy: number;
  /** Whether the token before the query was gone through one by one. */
  readonly split: boolean;
}

export interface CertificateOptions {
  readonly heads: readonly number[];
  /** Told after each query position. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Called between pieces of work, so that others have their turn; may throw. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/** Up to so many products with keys the token before the query is gone through one by one. */
const MOST_SPLIT = 3e8;

export async function certificate(
  model: ModelNumbers,
  family: Family,
  { heads, progress, pause }: CertificateOptions,
): Promise<Certificate> {
  const first = firstLayer(model, family);
  const grounds = groundsOf(model, family, first);
  await pause?.();
  const readers = new Map(heads.map((head) => [head, headReader(grounds, head)]));
  const accuracy = accuracyReader(grounds);
  const split = costOf(family, heads.length * first.heads.length) <= MOST_SPLIT;
  const tallies = heads.map(openTally);
  const predictions = { surely: 0, all: 0 };
  for (let index = 0; index < family.period; index++) {
    const position = startOf(family) + family.period + index;
    for (let token = 0; token < family.tokens; token++) {
      for (const situation of casesOf(family, token, position, split)) {
        const attention = new Map(
          [...readers].map(([head, of]) => [head, of.leastAttention(situation)]),
        );
        const targets = targetsOf(family, situation, split);
        tallies.forEach((tally) =>
          tally.add(situation, attention.get(tally.head)!, targets, split),
        );
        if (index === family.period - 1) continue;
        const predicted = accuracy.predicted(situation, attention);
        predictions.all += targets.length;
        predictions.surely += targets.filter((target) => predicted[target]).length;
      }
      await pause?.();
    }
    progress?.(index + 1, family.period);
  }
  const ideal = idealReaders(grounds);
  return {
    heads: tallies.map((tally) => tally.certificate(ideal)),
    before: grounds.shares.map((shares) => leastBefore(shares, family)),
    accuracy:
      predictions.surely === predictions.all
        ? 1
        : Math.max(0, down(predictions.surely / predictions.all)),
    split,
  };
}

/** Products of numbers that bounds over all cases take, about. */
function costOf({ tokens, period }: Family, heads: number): number {
  return tokens ** 2 * period * (2 * period) * tokens ** 2 * heads;
}

function casesOf(family: Family, token: number, position: number, split: boolean): QueryCase[] {
  const others = tokensBut(family, token);
  return split
    ? others.map((before) => ({ token, befores: [before], position }))
    : [{ token, befores: others, position }];
}

/** Targets that are not the query's token and, where S > 2, not the one before it either. */
function targetsOf(family: Family, { token, befores }: QueryCase, split: boolean) {
  const others = tokensBut(family, token);
  return split && family.period > 2 ? others.filter((each) => each !== befores[0]) : others;
}

interface Tally {
  readonly head: number;
  add(situation: QueryCase, least: Float64Array, targets: readonly number[], split: boolean): void;
  certificate(
    ideal: Readonly<Record<Idealisation | "all", (head: number) => HeadReader>>,
  ): HeadCertificate;
}

/** The least and the mean over all cases of one head, and where the least is. */
function openTally(head: number): Tally {
  const sums = { values: 0, count: 0 };
  let worst: { readonly value: number; readonly at: WorstCase; readonly of: QueryCase } | null =
    null;
  return {
    head,
    add: (situation, least, targets, split) => {
      for (const target of targets) {
        const value = least[target]!;
        sums.values = Math.max(0, down(sums.values + value));
        sums.count += 1;
        if (worst && value >= worst.value) continue;
        const before = split ? situation.befores[0]! : null;
        worst = {
          value,
          at: { token: situation.token, before, target, position: situation.position },
          of: situation,
        };
      }
    },
    certificate: (ideal) => {
      const { value, at, of } = worst!;
      const names = Object.keys(ideal) as (keyof typeof ideal)[];
      const without = names.map((name) => [name, ideal[name](head).leastAttention(of)[at.target]!]);
      return {
        head,
        least: value,
        mean: Math.max(0, down(sums.values / sums.count)),
        worst: at,
        without: Object.fromEntries(without) as HeadCertificate["without"],
      };
    },
  };
}

const STEPS = {
  rest: ["rest"],
  query: ["query"],
  scale: ["scale"],
  all: ["rest", "query", "scale"],
} as const satisfies Record<string, readonly Idealisation[]>;

function idealReaders(grounds: Grounds) {
  const { first, family } = grounds;
  const withoutRest = first.heads.map((_, head) => sharesOf(first, head, family, "rest"));
  const reader = (name: keyof typeof STEPS) => {
    const ideal = idealAttention(grounds, new Set(STEPS[name]), withoutRest);
    return (head: number) => headReader(ideal, head);
  };
  const names = Object.keys(STEPS) as (keyof typeof STEPS)[];
  return Object.fromEntries(names.map((name) => [name, reader(name)])) as Record<
    keyof typeof STEPS,
    (head: number) => HeadReader
  >;
}
