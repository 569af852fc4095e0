/** @file Which earlier heads the candidates read: direct paths into their queries, keys and values, replaced one at a time. */
import { slice } from "../../graph/edits/slice.ts";
import { tensor, type Tensor } from "../../base/tensor.ts";
import type { LoadedModel } from "../../models/loaded.ts";
import type { Backend } from "../../base/backend.ts";
import { prepare, type Session } from "../../runtime/prepare.ts";
import { feedsFor } from "../../interventions/baseRun.ts";
import type { Chain, State } from "../../interventions/chain.ts";
import type { HeadAt } from "../../base/headName.ts";
import { inductionScores } from "../../interventions/pathRuns.ts";
import { hookName } from "../../interventions/points.ts";
import { takeRows, takeState, valueOf } from "../../interventions/rows.ts";
import { metricFeedsOf } from "./causalRuns.ts";
import { writtenBy, type ReadDirections, type Readers } from "./copyingRuns.ts";
import { atOutputs, keptRun } from "../../interventions/keptRun.ts";
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
  readonly written: readonly number[][] | null;
  /** [job][receiver of the job's layer][example], in the order of receivers. */
  readonly paths: readonly (readonly number[][])[];
}

/** Small sessions beside the chain, opened when they are first needed. */
export interface PathSessions {
  /** hook_z -> what each head adds to the residual stream. */
  written(layer: number): Promise<Session>;
  /** hook_resid_pre -> queries, keys and values. */
  read(layer: number): Promise<Session>;
  close(): Promise<void>;
}

export function pathSessions(
  { program }: LoadedModel,
  backend: Backend,
  chain: Chain,
  length: number,
): PathSessions {
  const opened = new Map<string, Promise<Session>>();
  const session = (outputs: readonly string[], from: string) => {
    const key = outputs.join();
    const made =
      opened.get(key) ??
      prepare(slice(program, { outputs, from: [from] }), backend, {
        batch: chain.rows,
        position: length,
      });
    opened.set(key, made);
    return made;
  };
  return {
    written: (layer) =>
      session([hookName(layer, "attn.hook_result")], hookName(layer, "attn.hook_z")),
    read: (layer) =>
      session(
        ROUTES.map((route) => hookName(layer, `attn.hook_${route}`)),
        hookName(layer, "hook_resid_pre"),
      ),
    async close() {
      for (const made of opened.values()) await (await made).close();
    },
  };
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
  const feeds = feedsFor(metricFeedsOf(rows), chunk);
  const clean = await keptRun(chain, takeRows(rows.clean, chunk), feeds, () => true);
  const corrupted = await keptRun(chain, takeRows(rows.corrupted, chunk), feeds, atOutputs);
  const directions = readers && (await readers.read(clean.saved, feeds));
  const paths: number[][][] = jobs.map(() => []);
  const sources = new Set(jobs.map(({ source }) => source.layer));
  for (const layer of [...sources].sort((a, b) => a - b)) {
    const change = await changeOf(step, clean.saved, corrupted.saved, layer);
    const here = jobs.flatMap((job, index) =>
      job.source.layer === layer ? [{ ...job, index }] : [],
    );
    for (const group of grouped(here)) {
      const numbers = await pathGroup(step, group, clean.saved, change, directions, chunk.length);
      group.forEach(({ index }, place) => (paths[index] = numbers[place]!));
      step.progress(group.length * chunk.length);
    }
  }
  return {
    stripe: receivers.map((head) => inductionScores(clean.saved, [head], rows)),
    written:
      directions &&
      receivers.map((head) => writtenBy(clean.saved, directions, head, rows).map(({ own }) => own)),
    paths,
  };
}

type Placed = PathJob & { readonly index: number };

/** Jobs of one receiving layer and route. */
function grouped(jobs: readonly Placed[]): Placed[][] {
  const groups = new Map<string, Placed[]>();
  for (const job of jobs) {
    const key = `${job.layer} ${job.route}`;
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()];
}

/** (z_corrupted - z_clean) W_O of a layer, [examples, position, head, d_model]. */
async function changeOf(
  { sessions }: PathStep,
  clean: State,
  corrupted: State,
  layer: number,
): Promise<Tensor> {
  const z = hookName(layer, "attn.hook_z");
  const [before, after] = [valueOf(clean, z), valueOf(corrupted, z)];
  const difference = after.data.map((value, index) => value - before.data[index]!);
  const session = await sessions.written(layer);
  const trace = await session.run(new Map([[z, tensor(before.axes, before.shape, difference)]]));
  return trace.get(hookName(layer, "attn.hook_result"))!;
}

/** [job][receiver of the layer][example]. */
async function pathGroup(
  { chain, sessions, rows, receivers }: PathStep,
  group: readonly Placed[],
  clean: State,
  change: Tensor,
  directions: ReadDirections | null,
  examples: number,
): Promise<number[][][]> {
  const { layer, route } = group[0]!;
  const here = receivers.filter((head) => head.layer === layer);
  const numbers = group.map(() => here.map((): number[] => []));
  const places = group.flatMap(({ source }, job) =>
    Array.from({ length: examples }, (_, example) => ({ job, example, head: source.head })),
  );
  const resid = hookName(layer, "hook_resid_pre");
  const hook = hookName(layer, `attn.hook_${route}`);
  const from = chain.points.find(({ name }) => name === hookName(layer, "attn.hook_q"))!;
  const to = hookName(layer, route === "v" ? "attn.hook_z" : "attn.hook_pattern");
  const reading = await sessions.read(layer);
  for (let first = 0; first < places.length; first += chain.rows) {
    const now = places.slice(first, first + chain.rows);
    const stream = withChange(valueOf(clean, resid), change, now);
    const read = await reading.run(new Map([[resid, stream]]));
    const rowExamples = now.map(({ example }) => example);
    const state = await chain.advance(
      new Map([...takeState(clean, from.needs, rowExamples), [hook, valueOf(read, hook)] as const]),
      from.name,
      to,
    );
    here.forEach((head, receiver) => {
      const values =
        route === "v"
          ? writtenBy(state, rowsOf(directions!, head.layer, rowExamples), head, rows).map(
              ({ own }) => own,
            )
          : inductionScores(state, [head], rows);
      now.forEach(({ job, example }, row) => {
        numbers[job]![receiver]![example] = values[row]!;
      });
    });
  }
  return numbers;
}

function rowsOf(directions: ReadDirections, layer: number, examples: readonly number[]) {
  return new Map([[layer, takeRows(directions.get(layer)!, examples)]]);
}

/** The clean residual stream of each row with one head's contribution exchanged: [rows, position, d_model]. */
function withChange(
  stream: Tensor,
  change: Tensor,
  places: readonly { readonly example: number; readonly head: number }[],
): Tensor {
  const rows = takeRows(
    stream,
    places.map(({ example }) => example),
  );
  const [, positions, width] = rows.shape as readonly [number, number, number];
  const heads = change.shape[2]!;
  places.forEach(({ example, head }, row) => {
    for (let position = 0; position < positions; position++) {
      const to = (row * positions + position) * width;
      const at = ((example * positions + position) * heads + head) * width;
      for (let index = 0; index < width; index++)
        rows.data[to + index]! += change.data[at + index]!;
    }
  });
  return rows;
}
