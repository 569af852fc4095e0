/** @file Which earlier heads the candidates read: direct paths into their queries, keys and values, replaced one at a time. */
import { feedsFor } from "../../interventions/chunks.ts";
import { atOutputs, savedRun } from "../../interventions/savedRun.ts";
import type { Chain } from "../../interventions/chain.ts";
import type { State } from "../../interventions/chainRun.ts";
import type { HeadAt } from "../../base/headName.ts";
import {
  exchangedStream,
  readByRoute,
  writtenChange,
  type WrittenChange,
} from "../../interventions/exchangedPaths.ts";
import { inductionScores } from "../../interventions/inductionScores.ts";
import type { PathSessions } from "../../interventions/pathSessions.ts";
import { hookName } from "../../models/anatomy/hookNames.ts";
import { takeRows, valueOf } from "../../interventions/rows.ts";
import { nextTokenFeeds } from "../../interventions/pairRuns.ts";
import { writtenBy, type ReadDirections, type Readers } from "./copyingRuns.ts";
import type { CausalRows } from "./verdictRows.ts";

export const ROUTES = ["k", "q", "v"] as const;
export type Route = (typeof ROUTES)[number];

/** One path: what `source` writes into the receivers' `route` is that of the corrupted run. */
export interface PathJob {
  readonly source: HeadAt;
  /** Layer of the receivers; every receiver of the layer is measured. */
  readonly layer: number;
  readonly route: Route;
}

/** By receiver, example by example: the stripe, or for the route v what it writes towards its targets. */
export interface PathNumbers {
  /** [receiver][example]. */
  readonly stripe: readonly number[][];
  readonly directEffects: readonly number[][] | null;
  /** [job][receiver of the job's layer][example], in the order of receivers. */
  readonly paths: readonly (readonly number[][])[];
}

interface PathStep {
  readonly chain: Chain;
  readonly sessions: PathSessions;
  readonly readers: Readers | null;
  readonly rows: CausalRows;
  readonly receivers: readonly HeadAt[];
  readonly progress: (paths: number) => void;
}

/** Follows `jobs` for some examples. */
export async function upstreamRuns(
  step: PathStep,
  jobs: readonly PathJob[],
  chunk: readonly number[],
): Promise<PathNumbers> {
  const { chain, rows, receivers, readers } = step;
  const feeds = feedsFor(nextTokenFeeds(rows), chunk);
  const clean = await savedRun(chain, takeRows(rows.clean, chunk), feeds);
  const corrupted = await savedRun(chain, takeRows(rows.corrupted, chunk), feeds, {
    saves: atOutputs,
  });
  const directions = readers && (await readers.read(clean.saved, feeds));
  const paths: number[][][] = jobs.map(() => []);
  const sources = new Set(jobs.map(({ source }) => source.layer));
  for (const layer of [...sources].sort((a, b) => a - b)) {
    const both = { clean: clean.saved, corrupted: corrupted.saved };
    const change = await writtenChange(step.sessions, both, layer, "recomputed");
    const layerJobs = jobs.flatMap((job, index) =>
      job.source.layer === layer ? [{ ...job, index }] : [],
    );
    for (const group of groupJobs(layerJobs)) {
      const numbers = await pathGroup(step, group, clean.saved, change, directions, chunk.length);
      group.forEach(({ index }, place) => (paths[index] = numbers[place]!));
      step.progress(group.length * chunk.length);
    }
  }
  return {
    stripe: receivers.map((head) => inductionScores(clean.saved, [head], rows)),
    directEffects:
      directions &&
      receivers.map((head) => writtenBy(clean.saved, directions, head, rows).map(({ own }) => own)),
    paths,
  };
}

type PlacedJob = PathJob & { readonly index: number };

/** Jobs of one receiving layer and route. */
function groupJobs(jobs: readonly PlacedJob[]): PlacedJob[][] {
  const groups = new Map<string, PlacedJob[]>();
  for (const job of jobs) {
    const key = `${job.layer} ${job.route}`;
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()];
}

/** [job][receiver of the layer][example]. */
async function pathGroup(
  { chain, sessions, rows, receivers }: PathStep,
  group: readonly PlacedJob[],
  clean: State,
  change: WrittenChange,
  directions: ReadDirections | null,
  examples: number,
): Promise<number[][][]> {
  const { layer, route } = group[0]!;
  const layerHeads = receivers.filter((head) => head.layer === layer);
  const numbers = group.map(() => layerHeads.map((): number[] => []));
  const places = group.flatMap(({ source }, job) =>
    Array.from({ length: examples }, (_, example) => ({ job, example, heads: [source] })),
  );
  const changesByLayer = new Map([[group[0]!.source.layer, change]]);
  const resid = valueOf(clean, hookName(layer, "hook_resid_pre"));
  const into = { layer, route, norm: "recomputed" as const };
  const to = route === "v" ? "attn.hook_z" : "attn.hook_pattern";
  for (let first = 0; first < places.length; first += chain.rows) {
    const now = places.slice(first, first + chain.rows);
    const rowExamples = now.map(({ example }) => example);
    const values = await chain.once(async () => {
      const stream = await exchangedStream(resid, changesByLayer, now);
      const changed = { clean, stream, examples: rowExamples };
      const state = await readByRoute(chain, sessions, into, changed, to);
      return layerHeads.flatMap((head) =>
        route === "v"
          ? writtenBy(state, rowsOf(directions!, head.layer, rowExamples), head, rows).map(
              ({ own }) => own,
            )
          : inductionScores(state, [head], rows),
      ); // receiver by receiver
    });
    layerHeads.forEach((_, receiver) =>
      now.forEach(({ job, example }, row) => {
        numbers[job]![receiver]![example] = values[receiver * now.length + row]!;
      }),
    );
  }
  return numbers;
}

function rowsOf(directions: ReadDirections, layer: number, examples: readonly number[]) {
  return new Map([[layer, takeRows(directions.get(layer)!, examples)]]);
}
