import { expect, test } from "vitest";
import { sweepJobs } from "../../../src/cli/sweep/plan.ts";

const fault = (text: string) =>
  sweepJobs(text, "p.yml").then(
    (jobs) => `${jobs.length} jobs`,
    (error: Error) => `${error.name}: ${error.message}`,
  );

/** Aliases of aliases: 2 * 10^11 names. */
const laughs = Array.from({ length: 12 }, (_, at) =>
  at === 0
    ? "a0: &a0 [x, x]"
    : `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join(", ")}]`,
).join("\n");

test.each([
  ["names that lead to themselves", "models: &a [*a]", "models[0] must be "],
  ["names that lead to the plan", "&plan models: [x]\nstudies: *plan", "studies must be "],
  ["aliases without end", `${laughs}\nmodels: *a11`, "Excessive alias count"],
  ["nothing", "", "p.yml is not a plan: it must be an object of keys, got null"],
  ["no models", "models: []", "models must be at least 1 entries long"],
  ["open brackets", "models: [", "p.yml is not YAML"],
  ["open braces", "models: ['a{1,2']", "its braces do not match"],
  ["ranges without entries", "models: ['a@{2..1}']", "the range 2..1/1 has no entries"],
  ["too many names", "models: ['{1..999}{1..999}']", "it means more than 100000 names"],
  ["paths that nothing fits", "models: ['/nowhere/*']", "nothing in /nowhere fits it"],
])("a plan of %s is refused in a sentence", async (_, text, words) => {
  expect(await fault(text)).toMatch(/^InputError: (p\.yml|the plan's)/);
  expect(await fault(text)).toContain(words);
});

test("a plan that names a model twice has its jobs once", async () => {
  expect(
    await fault("models: [zoo:a, 'zoo:{a,b}']\nseeds: [1, 1, 2]\nstudies: [score, score]"),
  ).toBe("4 jobs");
});
