/** @file Many runs of a chain, all of them through one stage before the next: what does not fit is opened once for all. */
import type { Backend, Feeds, Trace } from "../base/backend.ts";
import type { Tensor } from "../base/tensor.ts";
import type { Program } from "../graph/program.ts";
import { bytesOfValues } from "../runtime/byteCounts.ts";
import { planMemory } from "../runtime/memory.ts";
import { roomBetween } from "../runtime/memoryBudget.ts";
import type { AtPoint, ChainRun, State } from "./chainRun.ts";
import type { Point } from "./points.ts";

/** What a chain lends. */
export interface Stages {
  readonly points: readonly Point[];
  /** All runs through the stage that leads away from a point; the last one leads to the metrics. */
  pass(
    index: number,
    runs: readonly (() => Feeds)[],
    take: (trace: Trace, at: number) => Promise<void>,
  ): Promise<void>;
  /** What that stage is fed. */
  feedsOf(index: number, state: State, run: ChainRun): Feeds;
}

export interface TogetherOptions {
  /** Gets the metrics of each run. */
  readonly take: (metrics: Trace, run: number) => Promise<void> | void;
  /** Told after each stage of each run which share of all stages of all runs is done. */
  readonly onShare?: ((share: number) => void) | undefined;
}

const same: AtPoint = (_, state) => state;

/** Runs that begin late wait for their stage, and have their state made there. */
export async function finishTogether(
  { points, pass, feedsOf }: Stages,
  runs: readonly ChainRun[],
  { take, onShare }: TogetherOptions,
): Promise<void> {
  const starts = runs.map(({ from }) => points.findIndex(({ name }) => name === from));
  const total = starts.reduce((sum, start) => sum + points.length - start, 0);
  const states = new Map<number, State>();
  const moveOn = async (run: number, point: Point, state: State) =>
    void states.set(run, await (runs[run]!.at ?? same)(point, state));
  let done = 0;
  for (let index = Math.min(...starts); index < points.length; index++) {
    for (const [run, start] of starts.entries())
      if (start === index) await moveOn(run, points[index]!, runs[run]!.begin());
    const runIndices = [...states.keys()];
    const feeds = runIndices.map((run) => () => feedsOf(index, states.get(run)!, runs[run]!));
    await pass(index, feeds, async (trace, at) => {
      const run = runIndices[at]!;
      const next = points[index + 1];
      if (!next) {
        states.delete(run);
        await take(trace, run);
      } else await moveOn(run, next, stateAfter(points[index]!, next, states.get(run)!, trace));
      onShare?.(++done / total);
    });
  }
}

/** Values of a layer go with the run until it leaves the layer. */
export function stateAfter(point: Point, next: Point, state: State, trace: Trace): State {
  return new Map<string, Tensor>([...(point.layer === next.layer ? state : []), ...trace]);
}

/**
 * How many runs go through a stage together: one where all stages stay open, else as many as what they carry has room for.
 *
 * @param programs of all sessions of the chain
 */
export function runsTogether(
  program: Program,
  points: readonly Point[],
  programs: readonly Program[],
  backend: Pick<Backend, "budget" | "mapsFiles" | "device" | "rounding" | "keepsHalves">,
  sizes: Readonly<Record<string, number>>,
): number {
  const { budget } = backend;
  if (!budget) return 1;
  const plans = programs.map((part) => planMemory(part, backend, sizes));
  const open = plans.reduce((sum, plan) => sum + plan.weightBytes + plan.valueBytes, 0);
  if (open <= budget.bytes) return 1;
  const carried = Math.max(...points.map(({ needs }) => bytesOfValues(program, needs, sizes)));
  return Math.max(1, Math.floor(roomBetween(backend) / carried));
}
