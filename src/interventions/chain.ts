/**
 * @file A model as a chain of sessions, one for each stage between two points (points.ts). A run may begin at any point
 * with values saved from another run, change values where it passes, and end with metrics: so a patch at layer l costs
 * the layers from l on, and the weights are kept once for all patches.
 */
import { throwIfAborted } from "../base/errors.ts";
import { tensor, type Tensor } from "../base/tensor.ts";
import type { Program } from "../graph/program.ts";
import { slice } from "../graph/edits/slice.ts";
import { finishedOnce, numberedKeys, type ResumeLog } from "../base/resumeLog.ts";
import type { LoadedModel } from "../models/loadedModel.ts";
import type { Backend, Feeds, Trace } from "../base/backend.ts";
import { rowsPerRun } from "../runtime/chunks.ts";
import { bytesOfValues } from "../runtime/byteCounts.ts";
import { checkMemory, planMemory } from "../runtime/memory.ts";
import { roomBetween } from "../runtime/memoryBudget.ts";
import { checkBudget, prepare, type Session } from "../runtime/prepare.ts";
import { turn } from "../runtime/turn.ts";
import type { AtPoint, ChainRun, MetricFeeds, State } from "./chainRun.ts";
import {
  finishTogether,
  runsTogether,
  stateAfter,
  type Stages,
  type TogetherOptions,
} from "./finishTogether.ts";
import { CACHE_BYTES } from "./runCache.ts";
import { METRIC_INPUTS, metricTail, type TailName } from "./metrics.ts";
import { pointsOf, stageOf, withReads, type Point, type PointHooks, type Stage } from "./points.ts";

export interface Chain {
  readonly points: readonly Point[];
  /** Rows that one run takes. */
  readonly rows: number;
  /** How many runs go best through `finishAll` at once: more than one where the stages take turns in the memory. */
  readonly together: number;
  /** Bytes of saved values that are kept for a second look. */
  readonly cacheBytes: number;
  /** Where a run that saves values puts them: what it gives is the same value, from a temporary file where all that is saved has no room. */
  placeOfSaved(): (value: Tensor) => Tensor;
  /** Has the numbers of runs of an earlier, interrupted sweep. */
  readonly log: ResumeLog | undefined;
  /** What the log calls the next run: each call is the next run of the sweep. */
  nextKey(): string;
  /** Numbers that the next run gives, or those that the log has of it. */
  once(run: () => Promise<readonly number[]>): Promise<readonly number[]>;
  /** From token rows to the first point. */
  embed(tokens: Tensor<Int32Array>): Promise<State>;
  /** From the state at one point to that at a later one; `at` is asked at every point after the first, the last one included. */
  advance(state: State, from: string, to: string, at?: AtPoint): Promise<State>;
  /** From the state at a point to the metrics; `at` is asked at every point on the way, the first one included. */
  finish(state: State, from: string, feeds: MetricFeeds, at?: AtPoint): Promise<Trace>;
  /** As `finish`, many runs: all of them go through one stage before the next. */
  finishAll(runs: readonly ChainRun[], options: TogetherOptions): Promise<void>;
  close(): Promise<void>;
}

export interface ChainOptions {
  /** Points of each layer in the order of computation; the last must not come before `attn.hook_z`. */
  readonly hooks: readonly PointHooks[];
  /** Hooks among them that are looked at and that nothing reads; left out: none. */
  readonly watchedHooks?: readonly string[] | undefined;
  readonly metrics: readonly TailName[];
  /** Tokens in a row, and positions at which metrics are read. */
  readonly length: number;
  readonly positions: number;
  readonly signal?: AbortSignal | undefined;
  /** Has the numbers of finished runs, numbered in their order, which the same model, rows and options repeat. */
  readonly log?: ResumeLog | undefined;
}

const EMBED = "tokens";
const BREATHE_MS = 30;
/** So many saved runs of the same rows are in use at once: the verdict's clean, corrupted and sampled ones, and those without its candidates. */
const SAVED_TOGETHER = 6;
/** Twice what one session for a whole model takes: the stages of a chain are shorter, so the start of a run weighs more. */
const TOKENS_PER_RUN = 640;

/**
 * Prepares a model for causal runs. Has memory and threads until `close`. What does not fit into the budget of `backend` is opened
 * when a run comes to it, and closed for what comes next.
 *
 * @throws {InputError} "unit" if the model lacks one of the hooks; @throws {UnableError} if memory does not suffice
 */
export async function openChain(
  model: Pick<LoadedModel, "program" | "architecture">,
  backend: Backend,
  { hooks, watchedHooks, metrics, length, positions, signal, log }: ChainOptions,
): Promise<Chain> {
  const { program, architecture } = model;
  const { layers } = architecture;
  const points = pointsOf(program, layers, hooks, watchedHooks);
  const last = points.at(-1)!;
  const stages = points
    .slice(0, -1)
    .map((point, index) => stageOf(program, point, points[index + 1]!.needs));
  const tail = withReads(metricTail(model, { metrics, from: last.needs }), last.needs);
  const whole = slice(program, { outputs: ["logits"], from: last.needs });
  const embed = slice(program, { outputs: points[0]!.needs });
  const rows = Math.min(
    ...[...stages.map((stage) => stage.program), whole].map((each) =>
      rowsPerRun(each, backend, length, TOKENS_PER_RUN),
    ),
  );
  const sizes = { batch: rows, position: length, [METRIC_INPUTS.positions]: positions };
  const programs = [embed, ...stages.map((stage) => stage.program), tail.program];
  if (backend.budget) checkBudget(programs, backend, backend.budget, sizes);
  else checkWholePlan(programs, backend, sizes);
  const sessions = await prepareAll(programs, backend, sizes, signal);
  return chainOf({
    points,
    rows,
    together: runsTogether(program, points, programs, backend, sizes),
    cacheBytes: Math.min(CACHE_BYTES, roomBetween(backend)),
    placeOfSaved: placeOfSaved(program, points, backend, sizes),
    stages: [...stages, tail],
    sessions,
    signal,
    log,
    breathe: breather(),
  });
}

/** The memory where all has room, else a file for each run, as far as there are files. */
function placeOfSaved(
  program: Program,
  points: readonly Point[],
  backend: Backend,
  sizes: Readonly<Record<string, number>>,
): Chain["placeOfSaved"] {
  const names = new Set(points.flatMap(({ needs }) => needs));
  const savedBytes = bytesOfValues(program, names, sizes);
  const { spillFile } = backend;
  if (!spillFile || SAVED_TOGETHER * savedBytes <= roomBetween(backend))
    return () => (value) => value;
  return () => {
    const file = spillFile();
    return (value) => file.spill(value);
  };
}

/** Without a budget all sessions live together, so their plans are added up before the first is made. */
function checkWholePlan(
  programs: readonly Program[],
  backend: Backend,
  sizes: Readonly<Record<string, number>>,
): void {
  const plans = programs.map((program) => planMemory(program, backend, sizes));
  const sum = (part: "weightBytes" | "valueBytes") =>
    plans.reduce((total, plan) => total + plan[part], 0);
  checkMemory({ totalBytes: sum("weightBytes") + sum("valueBytes") + CACHE_BYTES }, backend);
}

async function prepareAll(
  programs: readonly Program[],
  backend: Backend,
  sizes: Readonly<Record<string, number>>,
  signal: AbortSignal | undefined,
): Promise<Session[]> {
  const sessions: Session[] = [];
  try {
    for (const program of programs) {
      stopIf(signal);
      sessions.push(await prepare(program, backend, sizes));
      await turn();
    }
    return sessions;
  } catch (error) {
    for (const session of sessions) await session.close();
    throw error;
  }
}

interface Parts {
  readonly points: readonly Point[];
  readonly rows: number;
  readonly together: number;
  readonly cacheBytes: number;
  readonly placeOfSaved: Chain["placeOfSaved"];
  /** stages[i] leads away from points[i]; the last one to the metrics. */
  readonly stages: readonly Stage[];
  /** sessions[0] leads to points[0], sessions[i + 1] is that of stages[i]. */
  readonly sessions: readonly Session[];
  readonly signal: AbortSignal | undefined;
  readonly log: ResumeLog | undefined;
  readonly breathe: () => Promise<void>;
}

/** Yields to the event loop every 30 ms, not after every stage: a stage is shorter than a yield. */
function breather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATHE_MS) return;
    await turn();
    last = performance.now();
  };
}

function chainOf(parts: Parts): Chain {
  const { points, rows, together, cacheBytes, placeOfSaved, sessions, signal, log } = parts;
  const indexOf = (name: string) => {
    const index = points.findIndex((point) => point.name === name);
    if (index < 0) throw new Error(`internal: the chain has no point ${name}`);
    return index;
  };
  const advance: Chain["advance"] = async (state, from, to, at = (_, same) => same) => {
    let now = state;
    for (let index = indexOf(from); index < indexOf(to); index++) {
      const next = points[index + 1]!;
      const trace = await runStage(parts, index, now);
      now = await at(next, stateAfter(points[index]!, next, now, trace));
    }
    return now;
  };
  return {
    points,
    rows,
    together,
    cacheBytes,
    placeOfSaved,
    ...runsIn(log, "run"),
    advance,
    async embed(tokens) {
      stopIf(signal);
      return sessions[0]!.run(new Map([[EMBED, tokens]]));
    },
    async finish(state, from, feeds, at = (_, same) => same) {
      const first = await at(points[indexOf(from)]!, state);
      const last = await advance(first, from, points.at(-1)!.name, at);
      return runStage(parts, points.length - 1, last, metricFeeds(sessions.at(-1)!, feeds));
    },
    finishAll: (runs, options) => finishTogether(stagesOf(parts), runs, options),
    async close() {
      for (const session of sessions) await session.close();
    },
  };
}

function stagesOf(parts: Parts): Stages {
  const { points, sessions, signal, breathe } = parts;
  return {
    points,
    async pass(index, runs, take) {
      const session = sessions[index + 1]!;
      if (session.pieces > 1)
        return session.pass(
          runs.map((feeds) => feeds()),
          take,
          { signal },
        );
      for (const [at, feeds] of runs.entries()) {
        stopIf(signal);
        await take(await session.run(feeds()), at);
        await breathe();
      }
    },
    feedsOf: (index, state, { feeds }) => {
      const isLast = index === points.length - 1;
      return stageFeeds(parts, index, state, isLast ? metricFeeds(sessions.at(-1)!, feeds) : []);
    },
  };
}

/** The same chain, whose runs `log` has under `name`: for studies of several sweeps, of which some may have ended. */
export function chainKeptAs(chain: Chain, log: ResumeLog | undefined, name: string): Chain {
  return { ...chain, ...runsIn(log, name) };
}

/** Where the numbers of runs are kept. */
function runsIn(log: ResumeLog | undefined, name: string): Pick<Chain, "log" | "nextKey" | "once"> {
  const nextKey = numberedKeys(name);
  return { log, nextKey, once: (run) => finishedOnce(log, nextKey(), run) };
}

async function runStage(
  parts: Parts,
  index: number,
  state: State,
  more: Iterable<readonly [string, Tensor<Int32Array>]> = [],
): Promise<Trace> {
  const { sessions, signal, breathe } = parts;
  stopIf(signal);
  const trace = await sessions[index + 1]!.run(stageFeeds(parts, index, state, more));
  await breathe();
  return trace;
}

function stageFeeds(
  { points, stages }: Parts,
  index: number,
  state: State,
  more: Iterable<readonly [string, Tensor<Int32Array>]>,
): Feeds {
  const entries = stages[index]!.reads.map((name) => {
    const value = state.get(name);
    if (!value) throw new Error(`internal: ${points[index]!.name} needs ${name}`);
    return [name, value] as const;
  });
  return new Map<string, Tensor | Tensor<Int32Array>>([...entries, ...more]);
}

/** Only what the metrics at hand read. */
export function metricFeeds({ program }: Session, { targets, others, positions }: MetricFeeds) {
  const all: [string, Tensor<Int32Array>][] = [
    [METRIC_INPUTS.targets, targets],
    ...(others ? ([[METRIC_INPUTS.others, others]] as [string, Tensor<Int32Array>][]) : []),
    [METRIC_INPUTS.positions, tensor(["position"], [positions.length], Int32Array.from(positions))],
  ];
  return new Map(all.filter(([name]) => program.inputs.some((input) => input.name === name)));
}

function stopIf(signal: AbortSignal | undefined): void {
  throwIfAborted(signal);
}
