/** @file Upstream heads of the candidates: all earlier heads are tried on a few pairs, the best are measured on the others. */
import { pathEffect } from "../../measure/verdict/upstream.ts";
import type { Estimate } from "../../measure/verdict/estimate.ts";
import { moments } from "../../measure/moments.ts";
import { chainKeptAs } from "../../interventions/chain.ts";
import { chunksOf } from "../../interventions/chunks.ts";
import { allHeads } from "../../interventions/headNames.ts";
import { headName, type HeadAt } from "../../base/headName.ts";
import type { Readers } from "./copyingRuns.ts";
import { pathSessions, type PathSessions } from "../../interventions/pathSessions.ts";
import { finishedOnce } from "../../base/resumeLog.ts";
import { upstreamRuns, type PathJob, type PathNumbers, type Route } from "./upstreamRuns.ts";
import type { Work } from "./work.ts";
import type { CausalRows } from "./verdictRows.ts";

/** Paths that were measured, and the receivers' numbers. */
export interface UpstreamNumbers extends PathNumbers {
  readonly jobs: readonly PathJob[];
}

/** With so few paths all of them are measured. */
const FEW_PATHS = 60;
/** Paths into a receiver that are measured by each route, after screening. */
const BEST_PATHS = 4;

/** Measures paths from earlier heads into the receivers' keys, queries and values. */
export async function upstreamEvidence(
  work: Work,
  receivers: readonly HeadAt[],
  readers: Readers | null,
  allowed: readonly Route[],
): Promise<UpstreamNumbers> {
  const { model, backend, chain, rows, log } = work;
  const routes = allowed.filter((route) => route !== "v" || readers !== null);
  const layers = [...new Set(receivers.map(({ layer }) => layer))];
  const all = layers.flatMap((layer) =>
    allHeads(model.architecture)
      .filter((head) => head.layer < layer)
      .flatMap((source) => routes.map((route): PathJob => ({ source, layer, route }))),
  );
  const sessions = pathSessions(model, backend, chain, rows.causal.clean.shape[1]!);
  const run = (part: CausalRows, jobs: readonly PathJob[], name: string) =>
    pathNumbers({ work, receivers, readers, sessions }, part, jobs, name);
  try {
    const jobs =
      all.length <= FEW_PATHS
        ? all
        : bestJobs(
            all,
            await finishedOnce(log, "upstream heads", () =>
              run(rows.screening, all, "looking for upstream heads"),
            ),
            receivers,
          );
    return { jobs, ...(await run(rows.causal, jobs, "measuring upstream heads")) };
  } finally {
    await sessions.close();
  }
}

/** Each path into one candidate that was measured, with what is lost without it. */
export function effectsInto(
  upstream: UpstreamNumbers,
  candidates: readonly HeadAt[],
  candidate: number,
): (Pick<PathJob, "source" | "route"> & { readonly effect: Estimate })[] {
  const receiver = candidates[candidate]!;
  const place = candidates
    .filter(({ layer }) => layer === receiver.layer)
    .findIndex(({ head }) => head === receiver.head);
  return upstream.jobs.flatMap(({ source, layer, route }, job) => {
    if (layer !== receiver.layer) return [];
    const clean = route === "v" ? upstream.directEffects?.[candidate] : upstream.stripe[candidate];
    const effect = clean && pathEffect(clean, upstream.paths[job]![place]!);
    return effect ? [{ source, route, effect }] : [];
  });
}

interface Paths {
  readonly work: Work;
  readonly receivers: readonly HeadAt[];
  readonly readers: Readers | null;
  readonly sessions: PathSessions;
}

async function pathNumbers(
  { work, receivers, readers, sessions }: Paths,
  rows: CausalRows,
  jobs: readonly PathJob[],
  name: string,
): Promise<PathNumbers> {
  const { chain, log, progress } = work;
  const examples = rows.clean.shape[0]!;
  const total = jobs.length * examples;
  let done = 0;
  const step = {
    sessions,
    readers,
    rows,
    receivers,
    progress: (count: number) => progress?.(name, (done += count), total),
  };
  const parts: PathNumbers[] = [];
  for (const chunk of chunksOf(examples, chain.rows))
    parts.push(
      await finishedOnce(log, `${name} ${chunk.join(" ")}`, () => {
        const loggedChain = chainKeptAs(chain, log, `${name} ${chunk[0]!} run`);
        return upstreamRuns({ ...step, chain: loggedChain }, jobs, chunk);
      }),
    );
  return parts.reduce((left, right) => ({
    stripe: lists(left.stripe, right.stripe),
    directEffects:
      left.directEffects && right.directEffects && lists(left.directEffects, right.directEffects),
    paths: left.paths.map((row, job) => lists(row, right.paths[job]!)),
  }));
}

function lists(left: readonly number[][], right: readonly number[][]): number[][] {
  return left.map((list, index) => [...list, ...right[index]!]);
}

/** For each receiver and route the paths that cost most of its stripe, or of what it writes. */
function bestJobs(
  jobs: readonly PathJob[],
  screened: PathNumbers,
  receivers: readonly HeadAt[],
): PathJob[] {
  const chosen = new Set<number>();
  const mean = (values: readonly number[]) => moments(values).mean;
  receivers.forEach((receiver, index) => {
    const place = receivers
      .filter(({ layer }) => layer === receiver.layer)
      .findIndex((head) => headName(head) === headName(receiver));
    for (const route of ["k", "q", "v"] as const) {
      const clean = route === "v" ? screened.directEffects?.[index] : screened.stripe[index];
      if (!clean) continue;
      const sign = Math.sign(mean(clean));
      jobs
        .map((job, at) => ({ job, at }))
        .filter(({ job }) => job.layer === receiver.layer && job.route === route)
        .map(({ at }) => ({ at, lost: sign * (mean(clean) - mean(screened.paths[at]![place]!)) }))
        .sort((a, b) => b.lost - a.lost)
        .slice(0, BEST_PATHS)
        .forEach(({ at }) => chosen.add(at));
    }
  });
  return jobs.filter((_, at) => chosen.has(at));
}
