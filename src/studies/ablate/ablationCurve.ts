/** @file What the copies lose as heads go one after the other, best score first, beside random sets of as many. */
import { InputError } from "../../base/errors.ts";
import { random, type Random } from "../../base/random.ts";
import { INDUCTION_ATTENTION } from "../../measure/attendsLikeInduction.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { AblateResult } from "./result.ts";
import { jobName, type AblationJob, type Losses } from "./ablationRuns.ts";
import { controlsByLayer, differentSets } from "../../interventions/controlHeads.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { checkWholeNumber } from "../../base/checkWholeNumber.ts";

export interface CurvePlan {
  /** Heads in the order in which they go, and the score that they stand in the order of. */
  readonly order: readonly (HeadAt & { readonly score: number })[];
  /**
   * For each beginning of the order, different sets of as many other heads of each layer, none of them a candidate; none where
   * there are too few of them.
   */
  readonly random: readonly (readonly (readonly HeadAt[])[])[];
  /** The same of any heads of the model, wherever they are and whatever they do. */
  readonly anyHeads: readonly (readonly (readonly HeadAt[])[])[];
  /** How many sets of each size were asked for. */
  readonly randomSets: number;
}

type CurvePoint = NonNullable<AblateResult["curve"]>["points"][number];

export interface CurveOptions {
  /** Heads that go; left out: 10, fewer if half of all heads are fewer. */
  readonly count?: number | undefined;
  /** Random orders; left out: 10. */
  readonly randomSets?: number | undefined;
  /** Of the random orders; left out: the seed of the rows. */
  readonly seed?: number | undefined;
}

const COUNT = 10;
const RANDOM_SETS = 10;

/**
 * The heads of a curve and those of its band.
 *
 * Heads that attend like induction themselves ({@link INDUCTION_ATTENTION}.least) are candidates and are not drawn.
 *
 * @param scores [layer][head]
 * @throws {InputError} "range" for more heads than half of the model's
 */
export function curvePlan(
  scores: readonly (readonly number[])[],
  { count: countOption, randomSets = RANDOM_SETS, seed = 0 }: CurveOptions,
): CurvePlan {
  const all = scores.flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })));
  const most = Math.floor(all.length / 2);
  const count = countOption ?? Math.min(COUNT, most);
  if (!(Number.isInteger(count) && count >= 1 && count <= most))
    throw new InputError(
      "range",
      `a curve ablates at most half of the heads, the others are for comparison: 1 to ${most} heads, got ${count}`,
    );
  checkWholeNumber("randomSets", randomSets, 2);
  const ranked = all.toSorted((a, b) => b.score - a.score);
  const order = ranked.slice(0, count);
  const others = all.filter(({ score }) => score < INDUCTION_ATTENTION.least);
  const bandOf = (first: number, drawSet: (heads: readonly HeadAt[], draw: Random) => HeadAt[]) =>
    order.map((_, last) => {
      const heads = order.slice(0, last + 1);
      const draw = random(seed, first + last);
      return differentSets(heads.length, randomSets, () => drawSet(heads, draw));
    });
  return {
    ...{ order, randomSets },
    random: bandOf(3, (heads, draw) => controlsByLayer(others, heads, { not: heads, draw })),
    anyHeads: bandOf(3 + all.length, (heads, draw) => draw.shuffled(all).slice(0, heads.length)),
  };
}

/** Every beginning of the order, and the random sets beside it. */
export function curveJobs(
  { order, random: band, anyHeads }: CurvePlan,
  baseHeads: readonly HeadAt[],
): AblationJob[] {
  const beginnings = order.map((_, last) => order.slice(0, last + 1));
  return [...beginnings, ...band.flat(), ...anyHeads.flat()].map((heads) => ({
    heads: [...baseHeads, ...heads],
  }));
}

export function curveOf(
  { order, random: band, anyHeads, randomSets }: CurvePlan,
  baseHeads: readonly HeadAt[],
  losses: Losses,
): NonNullable<AblateResult["curve"]> {
  const base = losses.get(jobName({ heads: baseHeads }))!;
  const change = (heads: readonly HeadAt[], copy: "firstCopy" | "secondCopy") => {
    const after = losses.get(jobName({ heads: [...baseHeads, ...heads] }))!;
    return after[copy].map((loss, example) => loss - base[copy][example]!);
  };
  const rises = (sets: readonly (readonly HeadAt[])[]) =>
    bandOf(sets.map((heads) => moments(change(heads, "secondCopy")).mean));
  return {
    order: order.map((head) => ({ head: headName(head), score: head.score })),
    randomSets,
    points: order.map((_, last) => {
      const second = change(order.slice(0, last + 1), "secondCopy");
      return {
        count: last + 1,
        firstCopy: moments(change(order.slice(0, last + 1), "firstCopy")).mean,
        secondCopy: moments(second).mean,
        interval: meanInterval(second),
        anyHeads: rises(anyHeads[last]!),
        random: rises(band[last]!),
      };
    }),
  };
}

function bandOf(rises: readonly number[]): CurvePoint["random"] {
  if (rises.length === 0) return null;
  return {
    sets: rises.length,
    mean: moments(rises).mean,
    low: Math.min(...rises),
    high: Math.max(...rises),
  };
}
