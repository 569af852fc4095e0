/**
 * @file Small sets of heads that copying cannot do without, and that are enough for it. Both searches are greedy: each step
 * is an exact run, but no smaller set is looked for beside the one that the steps lead to.
 */
import { InputError } from "../../base/errors.ts";
import { ratioInterval } from "../../measure/interval.ts";
import { moments } from "../../measure/moments.ts";
import type { AblateResult } from "./result.ts";
import { jobName, type AblationJob, type Ablations, type Losses } from "./ablationRuns.ts";
import { headName, type HeadAt } from "../../base/headName.ts";

/** What a search begins with. */
export interface Ranking {
  readonly baseHeads: readonly HeadAt[];
  /** All heads, those that cost most alone first. */
  readonly byCost: readonly HeadAt[];
  /** Heads that attend most like induction, best first. */
  readonly byScore: readonly HeadAt[];
}

type Minimal = NonNullable<AblateResult["minimal"]>;
type FoundSet = Minimal["necessary"];

/** Candidates of the necessary set: as many by cost alone, and by score. */
const BY_COST = 12;
const BY_SCORE = 8;
/** A sufficient set up to this size is pruned head by head. */
const MOST_TO_PRUNE = 48;

/**
 * Greedy necessary and sufficient sets.
 *
 * kept = 1 - (second-copy loss without heads - loss) / (first-copy loss - second-copy loss): what repetition still helps.
 * Necessary: heads are added, each time the one whose loss hurts most, until kept <= 1 - share; then those that are not
 * needed leave. Sufficient: all other heads are ablated at once; the fewest heads in the order of their cost alone that
 * keep >= share (by halving), then those that are not needed leave.
 *
 * @param fresh ablations of other rows: the sets were chosen on the rows of `runs`, so they are checked on these
 * @throws {InputError} "range" where repetition does not help
 */
export async function minimalSets(
  runs: Ablations,
  fresh: { readonly runs: Ablations; readonly what: string },
  ranking: Ranking,
  share: number,
): Promise<Minimal> {
  const { baseHeads } = ranking;
  await runs.run([{ heads: baseHeads }], "ablating");
  const search = { runs, baseHeads, share };
  checkGain(await runs.run([], "ablating"), baseHeads);
  const smallest = await necessary(search, ranking);
  const left = await sufficient(search, ranking, smallest.set);
  const check = async (ablated: readonly HeadAt[]): Promise<Retention> => {
    const job = { heads: [...baseHeads, ...ablated] };
    return keptOf(await fresh.runs.run([{ heads: baseHeads }, job], "checking"), baseHeads, job);
  };
  const checked = { examples: fresh.runs.rows.info.examples, what: fresh.what };
  const checkSet = async (
    { set, retention, reached, pruned }: SearchedSet,
    ablated: readonly HeadAt[],
    holds: (amount: number) => boolean,
  ): Promise<FoundSet> => {
    const again = await check(ablated);
    return {
      heads: set.map(headName),
      ...retention,
      reached,
      pruned,
      check: { ...checked, ...again, holds: holds(again.kept) },
    };
  };
  const rest = without(ranking.byCost, left.set);
  return {
    share,
    necessary: await checkSet(smallest, smallest.set, (retention) => retention <= 1 - share),
    sufficient: await checkSet(left, rest, (retention) => retention >= share),
  };
}

interface Search {
  readonly runs: Ablations;
  readonly baseHeads: readonly HeadAt[];
  readonly share: number;
}

type Retention = Pick<FoundSet["check"], "kept" | "interval">;

interface SearchedSet {
  readonly set: readonly HeadAt[];
  readonly retention: Retention;
  readonly reached: boolean;
  readonly pruned: boolean;
}

function without(heads: readonly HeadAt[], removed: readonly HeadAt[]): HeadAt[] {
  const names = new Set(removed.map(headName));
  return heads.filter((head) => !names.has(headName(head)));
}

/** What repetition helps in each row: the loss of the first copy less that of the second. */
function gains(losses: Losses, baseHeads: readonly HeadAt[]): Float64Array {
  const { firstCopy, secondCopy } = losses.get(jobName({ heads: baseHeads }))!;
  return firstCopy.map((loss, example) => loss - secondCopy[example]!);
}

function checkGain(losses: Losses, baseHeads: readonly HeadAt[]): void {
  const { mean, standardError } = moments(gains(losses, baseHeads));
  if (mean > 0 && mean >= 3 * standardError) return;
  throw new InputError(
    "range",
    `minimal sets need a second copy that is easier than the first by at least 3 standard errors, got ${mean.toPrecision(3)} nats with standard error ${standardError.toPrecision(3)}`,
  );
}

function keptOf(losses: Losses, baseHeads: readonly HeadAt[], job: AblationJob): Retention {
  const gain = gains(losses, baseHeads);
  const before = losses.get(jobName({ heads: baseHeads }))!.secondCopy;
  const after = losses.get(jobName(job))!.secondCopy;
  const left = gain.map((value, example) => value - (after[example]! - before[example]!));
  const { ratio, interval } = ratioInterval(left, gain);
  return { kept: ratio, interval };
}

/** What is kept without each of some sets of heads. */
async function keptWithout(
  { runs, baseHeads }: Search,
  sets: readonly (readonly HeadAt[])[],
  step: string,
): Promise<Retention[]> {
  const jobs = sets.map((set) => ({ heads: [...baseHeads, ...set] }));
  const losses = await runs.run(jobs, step);
  return jobs.map((job) => keptOf(losses, baseHeads, job));
}

async function necessary(search: Search, { byCost, byScore }: Ranking): Promise<SearchedSet> {
  const step = "searching a necessary set";
  const best = byCost.slice(0, BY_COST);
  const candidates = [...best, ...without(byScore.slice(0, BY_SCORE), best)];
  const enough = 1 - search.share;
  let set: HeadAt[] = [];
  let [now] = (await keptWithout(search, [set], step)) as [Retention];
  while (now.kept > enough && set.length < candidates.length) {
    const more = without(candidates, set).map((head) => [...set, head]);
    const trials = await keptWithout(search, more, step);
    const least = trials.reduce(
      (at, trial, index) => (trial.kept < trials[at]!.kept ? index : at),
      0,
    );
    [set, now] = [more[least]!, trials[least]!];
  }
  const reached = now.kept <= enough;
  for (const head of reached ? [...set] : []) {
    const fewer = without(set, [head]);
    const [trial] = (await keptWithout(search, [fewer], step)) as [Retention];
    if (trial.kept <= enough) [set, now] = [fewer, trial];
  }
  return { set, retention: now, reached, pruned: true };
}

async function sufficient(
  search: Search,
  { byCost }: Ranking,
  first: readonly HeadAt[],
): Promise<SearchedSet> {
  const step = "searching a sufficient set";
  const order = [...first, ...without(byCost, first)];
  const keptBy = async (set: readonly HeadAt[]) =>
    (await keptWithout(search, [without(order, set)], step))[0]!;
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await keptBy(order.slice(0, middle))).kept >= search.share) high = middle;
    else low = middle + 1;
  }
  let set = order.slice(0, high);
  let now = await keptBy(set);
  const pruned = set.length <= MOST_TO_PRUNE;
  for (const head of pruned ? set.toReversed() : []) {
    const fewer = without(set, [head]);
    const trial = await keptBy(fewer);
    if (trial.kept >= search.share) [set, now] = [fewer, trial];
  }
  return { set, retention: now, reached: now.kept >= search.share, pruned };
}
