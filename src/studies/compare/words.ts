/** @file What a comparison found, in sentences. */
import { headName } from "../../base/headName.ts";
import { someOf } from "../../base/someOf.ts";
import type { ComparedNumber, CompareResult, ComparedPair } from "./result.ts";

type Facts = Pick<CompareResult, "models" | "pairs" | "rows" | "settings">;

/** What each measure is called in a sentence. */
export const MEASURE_WORDS: Readonly<Record<ComparedNumber, string>> = {
  induction: "induction score",
  previousToken: "previous-token score",
  duplicateToken: "duplicate-token score",
  currentToken: "current-token score",
  firstToken: "first-token score",
  effect: "direct effect",
};

export function compareWords(facts: Facts): string[] {
  const { models, pairs, rows } = facts;
  return [
    rows.shared
      ? "All models ran the same rows, so differences are paired by row."
      : `Each model ran rows of its own: ${rows.why}.`,
    ...models.map(modelWords),
    ...pairs.flatMap((pair) => pairWords(facts, pair)),
  ];
}

function modelWords({
  id,
  best,
  inductionHeads,
  loss,
  verdict,
}: CompareResult["models"][number]): string {
  const { count, by } = inductionHeads;
  const counted = by === "label" ? "labelled induction" : "that attend like induction";
  const gain = loss ? ` It gains ${loss.copyGain.value.toFixed(2)} nats from a copy.` : "";
  const labels = verdict
    ? ` Labels: ${Object.entries(verdict.counts)
        .map(([label, heads]) => `${heads} ${label}`)
        .join(", ")}.`
    : "";
  return `${id}: the best head is ${headName(best)} (${best.score.toFixed(3)}, depth ${best.depth.toFixed(2)}); ${count} ${count === 1 ? "head" : "heads"} ${counted}.${gain}${labels}`;
}

function pairWords({ models, settings }: Facts, pair: ComparedPair): string[] {
  const [first, second] = [models[pair.first]!.id, models[pair.second]!.id];
  return [
    ...(pair.heads ? [differenceWords(pair, settings, `${second} and ${first}`)] : []),
    ...(pair.changes ? [changeWords(pair.changes, `from ${first} to ${second}`)] : []),
    matchingWords(pair, `${first} and ${second}`),
  ];
}

const MOST_NAMED = 5;

function differenceWords(
  { heads, tests, discoveries }: ComparedPair,
  { margin, level }: CompareResult["settings"],
  names: string,
): string {
  const bounds = `more than ${margin.attention} in attention or ${margin.effect} logits in direct effect, false-discovery rate ${level}`;
  const tested = (heads ?? []).some(({ induction }) => induction.p !== null);
  if (!tested) return `Too few rows to test whether heads of ${names} differ.`;
  if (discoveries === 0) return `No head of ${names} differs (${bounds}, ${tests} tests).`;
  const different = (heads ?? []).filter((head) => head.found.length > 0);
  const list = different.map((head) => {
    const [name] = head.found as [ComparedNumber];
    return `${headName(head)} (${head.found.map((measure) => MEASURE_WORDS[measure]).join(", ")}${head.found.length === 1 ? ` by ${head[name]!.value.toFixed(3)}` : ""})`;
  });
  return `${different.length === 1 ? "One head" : `${different.length} heads`} of ${names} ${different.length === 1 ? "differs" : "differ"}: ${someOf(list, ", ", MOST_NAMED)} (${bounds}, ${tests} tests).`;
}

function changeWords(
  { labels, flags, edges }: NonNullable<ComparedPair["changes"]>,
  way: string,
): string {
  if (labels.length === 0)
    return `No label changes ${way}; heads whose flags change: ${flags.length}; edges of the circuit: ${edges.gained.length + edges.lost.length}.`;
  const list = labels.map(
    (change) =>
      `${headName(change)} ${change.from} to ${change.to}${change.parted.length === 0 ? " (no interval parts)" : ""}`,
  );
  return `${labels.length === 1 ? "One label changes" : `${labels.length} labels change`} ${way}: ${someOf(list, ", ", MOST_NAMED)}. Edges of the circuit that are gained: ${edges.gained.length}, lost: ${edges.lost.length}.`;
}

function matchingWords({ matching }: ComparedPair, names: string): string {
  const { heads, matches, distance, random, p } = matching;
  if (distance === null || random === null || p === null)
    return `Heads of ${names} cannot be matched: ${heads[0]} and ${heads[1]} of them do anything.`;
  const verb =
    distance < random.low
      ? "more alike than"
      : distance > random.high
        ? "less alike than"
        : "no more alike than";
  return `Heads of ${names} that match by what they do: ${matches.length}. The mean distance to the nearest is ${distance.toFixed(2)}, ${verb} where measures are mixed at random (${random.mean.toFixed(2)}, p = ${p.toFixed(3)}).`;
}
