/** @file Runs that go through the stages of a chain together: each stage is entered once, whatever the runs begin with. */
import { expect, test } from "vitest";
import { tensor } from "../../src/base/tensor.ts";
import type { ChainRun, State } from "../../src/interventions/chainRun.ts";
import { finishTogether, type Stages } from "../../src/interventions/finishTogether.ts";

const value = (number: number) => tensor(["batch"], [1], Float32Array.of(number));
const at = (state: ReadonlyMap<string, { readonly data: ArrayLike<number> }>) =>
  state.get("x")!.data[0]!;
const points = ["a", "b", "c"].map((name, layer) => ({ name, layer, needs: ["x"] }));

/** Every stage adds 1; the order of what it ran is written down. */
function stages(log: string[]): Stages {
  return {
    points,
    async pass(index, runs, take) {
      log.push(`stage ${index}: ${runs.length}`);
      for (const [run, feeds] of runs.entries()) {
        const x = (feeds().get("x") as ReturnType<typeof value>).data[0]!;
        await take(new Map([["x", value(x + 1)]]), run);
      }
    },
    feedsOf: (_, state) => state,
  };
}

const run = (from: string, start: number, more: Partial<ChainRun> = {}): ChainRun => ({
  from,
  begin: () => new Map([["x", value(start)]]),
  feeds: { targets: tensor(["batch"], [0], new Int32Array()), positions: [] },
  ...more,
});

test("all runs pass a stage before the next; those that begin later are made where they join", async () => {
  const log: string[] = [];
  const begun = run("c", 100);
  const late: ChainRun = {
    ...begun,
    begin: () => {
      log.push("late begins");
      return begun.begin();
    },
  };
  const metrics: number[] = [];
  const shares: number[] = [];
  await finishTogether(stages(log), [run("a", 0), late, run("b", 10)], {
    take: (trace, index) => void (metrics[index] = at(trace)),
    onShare: (share) => shares.push(share),
  });
  expect(metrics).toEqual([3, 101, 12]);
  expect(log).toEqual(["stage 0: 1", "stage 1: 2", "late begins", "stage 2: 3"]);
  expect(shares).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6));
});

test("each run changes its own state at every point that it passes, the first one included", async () => {
  const doubled = (_: unknown, state: State): State => new Map([["x", value(2 * at(state))]]);
  const metrics: number[] = [];
  await finishTogether(stages([]), [run("b", 1, { at: doubled }), run("b", 1)], {
    take: (trace, index) => void (metrics[index] = at(trace)),
  });
  expect(metrics).toEqual([(1 * 2 + 1) * 2 + 1, 3]);
});
