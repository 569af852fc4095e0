import { describe, expect, test } from "vitest";
import { placeOf, sweepFigures } from "../../../src/cli/sweep/figures.ts";
import type { TidyTable } from "../../../src/cli/sweep/tables.ts";

interface Planted {
  readonly model: string;
  readonly parameters: number;
  readonly seed?: number;
  /** Induction scores of one layer. */
  readonly scores: readonly number[];
}

/** Tables as a sweep's, of models whose scores are given. */
function tablesOf(all: readonly Planted[]) {
  const table = (rows: readonly Readonly<Record<string, string | number | null>>[]): TidyTable => {
    const names = Object.keys(rows[0]!);
    return {
      columns: names.map((name) => ({ name, type: "STRING" as const })),
      rows: rows.map((row) => names.map((name) => row[name]!)),
    };
  };
  return {
    heads: table(
      all.flatMap(({ model, seed = 0, scores }) =>
        scores.map((induction, head) => ({
          ...{ model, seed, layer: 0, head, induction },
          ...{ inductionLow: induction - 0.01, inductionHigh: induction + 0.01 },
        })),
      ),
    ),
    models: table(
      all.map(({ model, parameters, seed = 0, scores }) => ({
        ...{ model, parameters, seed, labelledInduction: null },
        ...{ copyGain: 2, copyGainLow: 1.9, copyGainHigh: 2.1, bestLayer: 0, bestDepth: 0 },
        ...{ bestHead: scores.indexOf(Math.max(...scores)), bestScore: Math.max(...scores) },
      })),
    ),
  };
}

const run = (name: string, parameters: number, forms: number): Planted[] =>
  [0, 10, 100, 1000].map((step) => ({
    ...{ model: `org/${name}@step${step}`, parameters },
    scores: [0.02, step >= forms ? 0.9 : 0.1],
  }));

describe("figures of a sweep", () => {
  test("show when heads form against parameters, the family at its last step, and heads by steps", () => {
    const { family, formation, checkpoints, seeds } = sweepFigures(
      tablesOf([...run("small", 1e6, 100), ...run("large", 1e8, 10), ...run("never", 1e7, 1e9)]),
    );
    expect(formation!.panels[0]!.lines[0]!.points).toEqual([
      { x: 1e6, y: 100, low: 10, high: 100 },
      { x: 1e8, y: 10, low: 0.01, high: 10 },
    ]);
    expect(formation!.notes!.join(" ")).toContain("1 run without a checkpoint");
    const [best, , count] = family!.panels;
    expect(best!.lines[0]!.points).toEqual([
      { x: 1e6, y: 0.9, low: 0.89, high: 0.91 },
      { x: 1e7, y: 0.1, low: expect.closeTo(0.09) as number, high: 0.11 },
      { x: 1e8, y: 0.9, low: 0.89, high: 0.91 },
    ]);
    expect(count!.lines[0]!.points.map(({ y }) => y)).toEqual([1, 0, 1]);
    expect(checkpoints!.matrices[0]).toMatchObject({
      title: "org/small",
      rows: ["0.1"],
      columns: ["0", "10", "100", "1,000"],
      values: [[0.1, 0.1, 0.9, 0.9]],
    });
    expect(seeds).toBeUndefined();
  });

  test("show each head's score with the first seed and with the others", () => {
    const base = { model: "a", parameters: 10 };
    const { seeds, family, checkpoints, formation } = sweepFigures(
      tablesOf([
        { ...base, seed: 3, scores: [0.5, 0.2] },
        { ...base, seed: 7, scores: [0.4, 0.2] },
      ]),
    );
    expect(seeds!.dots).toEqual([
      { name: "a 0.0", x: 0.5, y: 0.4, group: "seed 7" },
      { name: "a 0.1", x: 0.2, y: 0.2, group: "seed 7" },
    ]);
    expect(seeds!.subtitle[0]).toContain("the largest difference is .10");
    expect([family, checkpoints, formation]).toEqual([undefined, undefined, undefined]);
  });
});

test("placeOf tells runs and steps apart by the ends of names", () => {
  expect(
    ["a/b@step1000", "zoo:x@50", "./r/checkpoints/step-001500/", "gpt2", "a/pythia-70m"].map(
      placeOf,
    ),
  ).toEqual([
    { run: "a/b", step: 1000 },
    { run: "zoo:x", step: 50 },
    { run: "./r/checkpoints", step: 1500 },
    { run: "gpt2", step: null },
    { run: "a/pythia-70m", step: null },
  ]);
});
