/** @file What the copies lose as heads go one after the other, best score first, beside random sets of as many. */
import { InputError } from "../../base/errors.ts";
import { random } from "../../base/random.ts";
import { meanInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { AblateResult } from "./result.ts";
import { jobName, type AblationJob, type Losses } from "./ablationRuns.ts";
import { controlsByLayer } from "../../interventions/controlHeads.ts";
import { headName, type HeadAt } from "../../base/headName.ts";

export interface CurvePlan {
  /** Heads in the order in which they go, and the score that they stand in the order of. */
  readonly order: readonly (HeadAt & { readonly score: number })[];
  /** Each takes, one by one, another head of the layer that the order takes one of. */
  readonly randomOrders: readonly (readonly HeadAt[])[];
}

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
 * @param scores [layer][head]
 * @throws {InputError} "range" for more heads than there are others to compare with
 */
export function curvePlan(
  scores: readonly (readonly number[])[],
  { count: asked, randomSets = RANDOM_SETS, seed = 0 }: CurveOptions,
): CurvePlan {
  const all = scores.flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })));
  const most = Math.floor(all.length / 2);
  const count = asked ?? Math.min(COUNT, most);
  if (!(Number.isInteger(count) && count >= 1 && count <= most))
    throw new InputError(
      "range",
      `a curve needs as many other heads to draw from as it ablates: 1 to ${most} heads, got ${count}`,
    );
  if (!(Number.isInteger(randomSets) && randomSets >= 2))
    throw new InputError("range", `a band needs at least 2 random sets, got ${randomSets}`);
  const ranked = all.toSorted((a, b) => b.score - a.score);
  const order = ranked.slice(0, count);
  const others = ranked.slice(count);
  const randomOrders = Array.from({ length: randomSets }, (_, set) =>
    controlsByLayer(others, order, { draw: random(seed, 3 + set) }),
  );
  return { order, randomOrders };
}

/** Every beginning of every order. */
export function curveJobs(
  { order, randomOrders }: CurvePlan,
  given: readonly HeadAt[],
): AblationJob[] {
  return [order, ...randomOrders].flatMap((heads) =>
    heads.map((_, last) => ({ heads: [...given, ...heads.slice(0, last + 1)] })),
  );
}

export function curveOf(
  { order, randomOrders }: CurvePlan,
  given: readonly HeadAt[],
  losses: Losses,
): NonNullable<AblateResult["curve"]> {
  const base = losses.get(jobName({ heads: given }))!;
  const change = (heads: readonly HeadAt[], copy: "firstCopy" | "secondCopy") => {
    const after = losses.get(jobName({ heads: [...given, ...heads] }))!;
    return after[copy].map((loss, example) => loss - base[copy][example]!);
  };
  return {
    order: order.map((one) => ({ head: headName(one), score: one.score })),
    randomSets: randomOrders.length,
    points: order.map((_, last) => {
      const second = change(order.slice(0, last + 1), "secondCopy");
      const interval = meanInterval(second);
      const drawn = randomOrders
        .map((heads) => moments(change(heads.slice(0, last + 1), "secondCopy")).mean)
        .sort((a, b) => a - b);
      return {
        count: last + 1,
        firstCopy: moments(change(order.slice(0, last + 1), "firstCopy")).mean,
        secondCopy: moments(second).mean,
        interval: interval && ([...interval] as [number, number]),
        random: { mean: moments(drawn).mean, low: drawn[0]!, high: drawn.at(-1)! },
      };
    }),
  };
}
