import { expect, test } from "vitest";
import { agreement, between } from "../../bench/retest/agreement.js";

const run = (labels: readonly string[], undecided: readonly number[] = []) =>
  labels.map((label, at) => ({ head: `0.${at}`, label, undecided: undecided.includes(at) }));

test("heads that flip, and whether they are flagged in any run", () => {
  const runs = [
    run(["induction", "other", "other", "mixed"]),
    run(["induction", "induction", "other", "other"], [1]),
    run(["induction", "other", "other", "mixed"]),
  ];
  expect(agreement(runs)).toEqual({
    ...{ heads: 4, same: 2, flipping: 2, flagged: 1 },
    pairs: 8 / 12,
    contradicting: 2 / 12,
    flips: [
      ["induction | other", 1],
      ["mixed | other", 1],
    ],
  });
});

test("one run agrees with itself", () => {
  expect(agreement([run(["other"])])).toMatchObject({ pairs: 1, flipping: 0 });
});

test("two kinds of runs are compared seed by seed", () => {
  const [runs, others] = [
    [run(["other", "mixed"]), run(["other", "other"])],
    [run(["other", "other"]), run(["other", "other"])],
  ];
  expect(between(runs, others)).toBe(0.75);
});
