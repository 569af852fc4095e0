/**
 * @file Which heads matter: Shapley values for the copy gain, of all heads of a small model, or of those that a screen lets
 * through. Heads that stand in for each other are seen, which no single ablation sees.
 */
import { headName, type HeadAt } from "../../base/headName.ts";
import { finishedOnce } from "../../base/resumeLog.ts";
import type { AllSources } from "../../interventions/ablationSources.ts";
import {
  coalitionSources,
  coalitionWorths,
  withCoalitionRuns,
  type CoalitionRuns,
} from "../../interventions/coalitionRuns.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { allHeads } from "../../interventions/headNames.ts";
import { takeRows } from "../../interventions/rows.ts";
import { moments } from "../../measure/moments.ts";
import { everyone, type Coalition, type Worth } from "../../measure/shapley.ts";
import { shapleyDesign, type ShapleyDesign } from "../../measure/shapleyDesign.ts";
import { mattersBy, shapleyValues } from "../../measure/shapleyValues.ts";
import { meanEstimate, type Estimate } from "../../measure/verdict/estimate.ts";
import {
  LEAST_COPY_GAIN,
  LEAST_UPSTREAM,
  MATTERS_SHARE,
} from "../../measure/verdict/thresholds.ts";
import { effectsInto, type UpstreamNumbers } from "./upstreamEvidence.ts";
import type { Work } from "./work.ts";
import type { WorthRows } from "./verdictRows.ts";

export interface WorthNumbers {
  readonly copyGain: Estimate;
  readonly examples: number;
  /** Null where the model does not copy. */
  readonly worths: {
    readonly heads: readonly HeadAt[];
    readonly screened: boolean;
    readonly none: number;
    readonly values: readonly Estimate[];
    /** Pairs of orders; null: all subsets. */
    readonly pairs: number | null;
    readonly subsets: number;
  } | null;
}

/** What a removed head becomes. */
const KIND = "sized-mean" as const;
/** Up to this many heads all subsets cost about what drawn orders do. */
const MOST_EXACT = 8;
/** Of orders, each with its reverse; fewer give no interval, and more hardly help: rows differ more than orders. */
const PAIRS = 10;
/** Rows that are run before it is asked whether more are needed, and those of a model whose heads are screened. */
const BATCH_ROWS = 32;
const SCREENED_ROWS = 16;
/** Rows of the screen, and the share of the copy gain that a head alone has to move there. */
const SCREEN_ROWS = 4;
const SCREEN_SHARE = 0.01;

/** Heads that attend like induction, and the paths into them that were measured. */
export interface CandidatePaths {
  readonly candidates: readonly HeadAt[];
  readonly upstream: UpstreamNumbers | null;
}

/** Shapley values on rows of their own, more of them while a head is undecided; nothing is removed in a model that does not copy. */
export async function worthRuns(work: Work, paths: CandidatePaths): Promise<WorthNumbers> {
  const { model, backend, rows, log, signal } = work;
  return finishedOnce(log, "worth", () =>
    withCoalitionRuns(model, backend, { rows: rows.worth, kind: KIND, signal }, async (runs) => {
      const sources = await coalitionSources(runs, rows.worth, KIND);
      return valuesOn({ work, runs, sources }, paths);
    }),
  );
}

interface Runs {
  readonly work: Work;
  readonly runs: CoalitionRuns;
  readonly sources: AllSources;
}

async function valuesOn(runs: Runs, paths: CandidatePaths): Promise<WorthNumbers> {
  const { model, plan, rows } = runs.work;
  const all = allHeads(model.architecture);
  const whole = everyone(all.length);
  const screened = all.length > plan.extent.players;
  const batches = batchesOf(rows.worth, screened);
  const gains: number[] = []; // of all rows: one set of heads costs little
  for (const batch of batches) {
    const worth = await worthsOf(runs, batch, all, [whole], "measuring the copy gain");
    gains.push(...Array.from(worth(whole)));
  }
  const copyGain = meanEstimate(gains);
  if (copyGain.value < LEAST_COPY_GAIN) return { copyGain, examples: gains.length, worths: null };
  const heads = screened ? await screenedHeads(runs, copyGain.value, paths) : all;
  const mostExact = screened ? 0 : MOST_EXACT;
  const design = shapleyDesign(heads.length, { pairs: PAIRS, seed: plan.seed, mostExact });
  const { examples, values } = await untilDecided(runs, batches, {
    ...{ heads, design, least: MATTERS_SHARE * copyGain.value },
  });
  return {
    copyGain,
    examples,
    worths: {
      ...{ heads, screened, none: values.none, values: values.values },
      pairs: design.orders?.length ?? null,
      subsets: design.coalitions.length,
    },
  };
}

/** Rows a few at a time; of large models, whose heads are screened, only the first few. */
function batchesOf(rows: WorthRows, screened: boolean): WorthRows[] {
  const total = rows.tokens.shape[0]!;
  const batches = screened
    ? [Array.from({ length: Math.min(SCREENED_ROWS, total) }, (_, row) => row)]
    : chunksOf(total, BATCH_ROWS);
  return batches.map((chunk) => ({ ...rows, tokens: takeRows(rows.tokens, chunk) }));
}

/** More rows while it is undecided of a head whether it matters. */
async function untilDecided(
  runs: Runs,
  batches: readonly WorthRows[],
  {
    heads,
    design,
    least,
  }: {
    readonly heads: readonly HeadAt[];
    readonly design: ShapleyDesign;
    readonly least: number;
  },
) {
  const parts: Worth[] = [];
  for (const [at, batch] of batches.entries()) {
    const more = at === 0 ? "" : `, more sequences (${at + 1} of at most ${batches.length})`;
    const step = `removing sets of heads${more}`;
    parts.push(await worthsOf(runs, batch, heads, design.coalitions, step));
    const worth = (set: Coalition) => parts.flatMap((part) => Array.from(part(set)));
    const values = shapleyValues(design, worth);
    const decided = values.values.every((value) => mattersBy(value, least) !== "undecided");
    if (decided || at === batches.length - 1) return { examples: worth(0n).length, values };
  }
  throw new Error("internal: no rows to remove heads on");
}

/** Candidates, what feeds them, and heads that move the copy gain alone, in this order, as many as there is room for. */
async function screenedHeads(
  runs: Runs,
  gain: number,
  { candidates, upstream }: CandidatePaths,
): Promise<HeadAt[]> {
  const { model, plan, rows } = runs.work;
  const all = allHeads(model.architecture);
  const whole = everyone(all.length);
  const screenRun = { ...rows.worth, tokens: takeRows(rows.worth.tokens, screenRows(rows.worth)) };
  const without = all.map((_, index) => whole ^ (1n << BigInt(index)));
  const worth = await worthsOf(runs, screenRun, all, [whole, ...without], "removing each head");
  const mean = (set: Coalition) => moments(worth(set)).mean;
  const alone = all
    .map((head, index) => ({ head, moved: Math.abs(mean(whole) - mean(without[index]!)) }))
    .filter(({ moved }) => moved >= SCREEN_SHARE * gain)
    .sort((a, b) => b.moved - a.moved)
    .map(({ head }) => head);
  const chosen = new Map(
    [...candidates, ...feedersOf(candidates, upstream), ...alone].map((head) => [
      headName(head),
      head,
    ]),
  );
  return [...chosen.values()]
    .slice(0, plan.extent.players)
    .sort((a, b) => a.layer - b.layer || a.head - b.head);
}

function screenRows({ tokens }: WorthRows): number[] {
  return Array.from({ length: Math.min(SCREEN_ROWS, tokens.shape[0]!) }, (_, row) => row);
}

function feedersOf(candidates: readonly HeadAt[], upstream: UpstreamNumbers | null): HeadAt[] {
  if (!upstream) return [];
  return candidates.flatMap((_, index) =>
    effectsInto(upstream, candidates, index)
      .filter(({ effect }) => effect.value >= LEAST_UPSTREAM)
      .map(({ source }) => source),
  );
}

/** The copy gain of each set, example by example; `step` is what progress calls it. */
async function worthsOf(
  { work, runs, sources }: Runs,
  rows: WorthRows,
  heads: readonly HeadAt[],
  coalitions: readonly Coalition[],
  step: string,
): Promise<Worth> {
  const plan = { heads, coalitions, kind: KIND };
  const job = { ...runs, rows, plan, progress: work.progress };
  const worths = await coalitionWorths(job, sources, rows.tokens, step);
  return (set) => worths.get(set)!.copyGain;
}
