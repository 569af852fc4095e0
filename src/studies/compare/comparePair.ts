/** @file How a model differs from another, head by head, and which of their heads do the same. */
import { uniformOf } from "../../measure/uniformScores.ts";
import { ATTENTION_SCORES } from "../../measure/attentionTables.ts";
import { differenceOf, type Difference } from "../../measure/difference.ts";
import { falseDiscovery } from "../../measure/falseDiscovery.ts";
import { matchHeads } from "../../measure/matchHeads.ts";
import type { HeadAt } from "../../base/headName.ts";
import { labelChangesOf } from "./labelChanges.ts";
import type { MeasuredModel } from "./measureModel.ts";
import type { ComparePlan } from "./plan.ts";
import { COMPARED, type ComparedNumber, type ComparedModel, type ComparedPair } from "./result.ts";

export interface Side {
  readonly index: number;
  readonly measured: MeasuredModel;
  /** The same in means. */
  readonly facts: ComparedModel;
}

export function comparePair(
  first: Side,
  second: Side,
  paired: boolean,
  plan: ComparePlan,
): ComparedPair {
  const sameArchitecture = isSameArchitecture(first.facts, second.facts);
  const heads = sameArchitecture
    ? headDifferences(first.measured, second.measured, paired, plan)
    : null;
  const [firstVerdict, two] = [first.measured.verdict, second.measured.verdict];
  return {
    first: first.index,
    second: second.index,
    sameArchitecture,
    paired,
    tests:
      heads?.reduce(
        (sum, head) => sum + ATTENTION_SCORES.length + Number(head.effect !== null),
        0,
      ) ?? 0,
    discoveries: heads?.reduce((sum, { found: names }) => sum + names.length, 0) ?? 0,
    heads,
    loss: lossDifferences(first.measured, second.measured, paired),
    changes: sameArchitecture && firstVerdict && two ? labelChangesOf(firstVerdict, two) : null,
    matching: matchingOf(first.facts, second.facts, plan.seed),
  };
}

function isSameArchitecture(first: ComparedModel, other: ComparedModel): boolean {
  return (["family", "layers", "heads", "kvHeads"] as const).every(
    (key) => first[key] === other[key],
  );
}

type HeadDifference = NonNullable<ComparedPair["heads"]>[number];

function headDifferences(
  first: MeasuredModel,
  second: MeasuredModel,
  paired: boolean,
  { margin, effectMargin, level }: ComparePlan,
): HeadDifference[] {
  const tests = first.scores.flatMap((layer, at) =>
    layer.flatMap((_, head) =>
      COMPARED.map((name) => {
        const [firstValues, two] = [
          valuesOf(first, name, at, head),
          valuesOf(second, name, at, head),
        ];
        const options = { paired, margin: name === "effect" ? effectMargin : margin };
        return {
          layer: at,
          head,
          name,
          found: firstValues && two && differenceOf(firstValues, two, options),
        };
      }),
    ),
  );
  const adjusted = falseDiscovery(tests.map(({ found: result }) => result?.p ?? null));
  const all = tests.map(({ found: result, ...test }, index) => ({
    ...test,
    difference: result && { ...result, q: adjusted[index]! },
  }));
  return Array.from({ length: all.length / COMPARED.length }, (_, index) => {
    const own = all.slice(index * COMPARED.length, (index + 1) * COMPARED.length);
    const { layer, head } = own[0]!;
    const findings = own.filter(({ difference }) => (difference?.q ?? Infinity) <= level);
    return {
      layer,
      head,
      ...Object.fromEntries(own.map(({ name, difference }) => [name, difference])),
      found: findings.map(({ name }) => name),
    } as HeadDifference;
  });
}

/** One number per row; null where the model has no effects. */
function valuesOf(
  { scores, effects }: MeasuredModel,
  name: ComparedNumber,
  layer: number,
  head: number,
): Float64Array | null {
  if (name !== "effect") return scores[layer]![head]![name];
  return typeof effects === "string" ? null : effects[layer]![head]!;
}

/** Three tests, each by itself. */
function lossDifferences(
  { losses: first }: MeasuredModel,
  { losses: second }: MeasuredModel,
  paired: boolean,
): ComparedPair["loss"] {
  if (!first || !second) return null;
  const of = (name: keyof typeof first) =>
    withoutCorrection(differenceOf(first[name], second[name], { paired }));
  return { firstCopy: of("firstCopy"), secondCopy: of("secondCopy"), copyGain: of("copyGain") };
}

const withoutCorrection = (difference: Difference) => ({ ...difference, q: difference.p });

/** A head does something from here on: a score above that of uniform attention, or a share of the largest effect. */
const LEAST_DONE = 0.1;
const MOST_HEADS = 200;

interface ActiveHead extends HeadAt {
  readonly behaviour: readonly number[];
  readonly size: number;
}

/** Heads that do something, with their scores and their effect in units of the model's largest. */
function activeHeads(model: ComparedModel): ActiveHead[] {
  const { scores, effects } = model;
  const largest = Math.max(0, ...(effects ?? []).flat().map(Math.abs));
  return scores.induction
    .flatMap((row, layer) =>
      row.map((_, head): ActiveHead => {
        const attention = ATTENTION_SCORES.map((name) => scores[name][layer]![head]!);
        const effect = largest > 0 ? effects![layer]![head]! / largest : 0;
        const above = attention.map(
          (value, index) => value - uniformOf(model, ATTENTION_SCORES[index]!, layer),
        );
        return {
          layer,
          head,
          behaviour: [...attention, effect],
          size: Math.max(...above, Math.abs(effect)),
        };
      }),
    )
    .filter(({ size }) => size >= LEAST_DONE)
    .sort((a, b) => b.size - a.size)
    .slice(0, MOST_HEADS);
}

function matchingOf(
  first: ComparedModel,
  second: ComparedModel,
  seed: number,
): ComparedPair["matching"] {
  const [firstHeads, other] = [activeHeads(first), activeHeads(second)];
  const behaviours = (heads: readonly ActiveHead[]) => heads.map(({ behaviour }) => behaviour);
  const { matches, ...strength } = matchHeads(behaviours(firstHeads), behaviours(other), { seed });
  const place = ({ layer, head }: ActiveHead) => ({ layer, head });
  return {
    heads: [firstHeads.length, other.length],
    matches: matches.map(({ first: a, second: b, distance }) => ({
      first: place(firstHeads[a]!),
      second: place(other[b]!),
      distance,
    })),
    ...strength,
  };
}
