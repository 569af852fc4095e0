/** @file Runs without heads: jobs are run once each, and what they cost is remembered for all who ask. */
import type { Progress } from "../../base/progress.ts";
import { nextTokens } from "../../measure/nextTokens.ts";
import type { AblationKind } from "./result.ts";
import type { AblationRows } from "../../inputs/ablationRows.ts";
import {
  ablationSources,
  type AblationSources,
  type AllSources,
} from "../../interventions/ablationSources.ts";
import { chunksOf, feedsFor } from "../../interventions/chunks.ts";
import type { OutputLengths } from "../../interventions/outputLengths.ts";
import { runCache } from "../../interventions/runCache.ts";
import { savedRun } from "../../interventions/savedRun.ts";
import type { Chain } from "../../interventions/chain.ts";
import type { MetricFeeds, State } from "../../interventions/chainRun.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import { idealPattern, type IdealJob } from "./idealPatterns.ts";

import { hookName } from "../../models/anatomy/hookNames.ts";
import { readCopyLosses, type CopyLossesByExample } from "../../interventions/readCopyLosses.ts";
import { takeRows } from "../../interventions/rows.ts";
import { runVariants, type Variant, type VariantRuns } from "../../interventions/variantRuns.ts";

/** One ablated run: the heads that are gone, and a head with an ideal pattern if there is one. */
export interface AblationJob {
  readonly heads: readonly HeadAt[];
  readonly ideal?: IdealJob | undefined;
}

/** Losses of both copies by job name. */
export type Losses = ReadonlyMap<string, CopyLossesByExample>;

export interface Ablations {
  readonly rows: AblationRows;
  /** Runs the jobs that were not run before; the map has every job so far. */
  run(jobs: readonly AblationJob[], step: string): Promise<Losses>;
  /** The same ablations of other rows, which have the same length. */
  of(rows: AblationRows): Ablations;
}

/** What a job is called: its heads in order, and the ideal pattern. */
export function jobName({ heads, ideal }: AblationJob): string {
  const names = [...new Set(heads.map(headName))].sort().join();
  return ideal ? `${names} ${headName(ideal.head)}=${ideal.pattern}` : names;
}

/** Positions that predict tokens 2 ... S of the first copy, then those of the second. */
function lossFeeds({ tokens, start, period }: AblationRows): MetricFeeds {
  const copy = (begin: number) => Array.from({ length: period - 1 }, (_, offset) => begin + offset);
  return { targets: nextTokens(tokens), positions: [...copy(start), ...copy(start + period)] };
}

/** Ablations of one kind on a chain; means are taken once. */
export async function ablations(
  chain: Chain,
  rows: AblationRows,
  kind: AblationKind,
  lengths: OutputLengths | null,
  progress: Progress | undefined,
): Promise<Ablations> {
  const feeds = lossFeeds(rows);
  const sources = await ablationSources(chain, rows, kind, feeds, lengths);
  return ablationsOf({ chain, sources, progress }, rows);
}

interface Running {
  readonly chain: Chain;
  readonly sources: AllSources;
  readonly progress: Progress | undefined;
}

function ablationsOf(running: Running, rows: AblationRows): Ablations {
  const losses = new Map<string, CopyLossesByExample>();
  const cachedStates = runCache<{ readonly saved: State; readonly states: readonly State[] }>(
    running.chain.cacheBytes,
  );
  const feeds = lossFeeds(rows);
  const examples = rows.info.examples;
  const { chain } = running;
  const base = (chunk: readonly number[]) =>
    cachedStates(chunk.join(), async () => {
      const { saved } = await savedRun(chain, takeRows(rows.tokens, chunk), feedsFor(feeds, chunk));
      return { saved, states: [saved] };
    });
  return {
    rows,
    of: (others) => ablationsOf(running, others),
    async run(jobs, step) {
      const distinct = new Map(jobs.map((job) => [jobName(job), job]));
      const due = [...distinct].filter(([name]) => !losses.has(name)).map(([, job]) => job);
      for (const job of due) losses.set(jobName(job), emptyLosses(examples));
      let done = 0;
      for (const chunk of chunksOf(examples, chain.rows)) {
        const saved = due.length === 0 ? null : (await base(chunk)).saved;
        if (!saved) break;
        await runChunk(running, rows, { chunk, saved, feeds: feedsFor(feeds, chunk) }, due, {
          into: losses,
          countRows: (count) => running.progress?.(step, (done += count), due.length * examples),
        });
      }
      return losses;
    },
  };
}

function emptyLosses(examples: number): CopyLossesByExample {
  return { firstCopy: new Float64Array(examples), secondCopy: new Float64Array(examples) };
}

interface Chunk {
  readonly chunk: readonly number[];
  readonly saved: State;
  readonly feeds: MetricFeeds;
}

async function runChunk(
  { chain, sources }: Running,
  rows: AblationRows,
  { chunk, saved, feeds }: Chunk,
  jobs: readonly AblationJob[],
  { into, countRows }: { readonly into: Losses; readonly countRows: (rows: number) => void },
): Promise<void> {
  const changes = await sources.forChunk(chunk, saved);
  const groups = byStart(jobs, chain).map(({ from, jobs: startJobs }): VariantRuns => ({
    ...{ from, base: saved, examples: chunk.length, feeds },
    variants: startJobs.map((job) => variantOf(job, changes, chain, rows)),
    read: readCopyLosses,
    store: ({ variant, example }, [firstCopy, secondCopy]) => {
      const losses = into.get(jobName(startJobs[variant]!))!;
      losses.firstCopy[chunk[example]!] = firstCopy!;
      losses.secondCopy[chunk[example]!] = secondCopy!;
    },
  }));
  await runVariants(chain, groups, countRows);
}

/** Jobs in groups that begin at the same point: the first layer that they change. */
function byStart(
  jobs: readonly AblationJob[],
  chain: Chain,
): { readonly from: string; readonly jobs: AblationJob[] }[] {
  const groups = new Map<string, AblationJob[]>();
  for (const job of jobs) {
    const all = [...job.heads, ...(job.ideal ? [job.ideal.head] : [])];
    const layer = Math.min(...all.map((head) => head.layer), chain.points.at(-1)!.layer);
    const atPattern = job.ideal !== undefined && job.ideal.head.layer === layer;
    const from = hookName(layer, atPattern ? "attn.hook_pattern" : "attn.hook_z");
    groups.set(from, [...(groups.get(from) ?? []), job]);
  }
  return [...groups].map(([from, group]) => ({ from, jobs: group }));
}

function variantOf(
  { heads, ideal }: AblationJob,
  changes: AblationSources,
  chain: Chain,
  rows: AblationRows,
): Variant {
  const layers = [...new Set(heads.map(({ layer }) => layer))];
  const changesByLayer = layers.map((layer) =>
    changes.ofHeads(
      layer,
      heads.filter((head) => head.layer === layer).map(({ head }) => head),
    ),
  );
  const first = Math.min(...layers);
  const later = [...new Set(chain.points.map(({ layer }) => layer))].filter(
    (layer) => layer > first,
  );
  const keptPatterns = changes.ofPatterns ? later.map(changes.ofPatterns) : [];
  return [...changesByLayer, ...keptPatterns, ...(ideal ? [idealPattern(ideal, rows)] : [])];
}
