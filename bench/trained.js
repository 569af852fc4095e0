/**
 * @file `npm run bench:trained [-- --models N] [--workers N] [--docs]`: verdicts on models that nobody planted, against an exact causal
 * truth: Shapley values over all subsets of heads, and every path from head to head. Models are trained here and kept in
 * .bench/trained, as is what was measured of each, so a run that was interrupted goes on where it stopped. Exit code 1 if a
 * target is missed. docs/benchmark.md says what is counted; with --docs the table is written there.
 */
import { join } from "node:path";
import { inWorkers, progressLine } from "./pool.js";
import { writeDocsTable } from "./docsTable.js";
import { table } from "./statistics.js";
import { reportRows } from "./trained/report.js";

const valueOf = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
/** From this many on the targets are judged. */
const ENOUGH = 60;
/** These, and twelve with linear biases. */
const models = valueOf("--models") ?? ENOUGH + 12;

const jobs = Array.from({ length: models }, (_, number) => ({ number }));
const answers = await inWorkers(join(import.meta.dirname, "trained/worker.js"), jobs, {
  onProgress: progressLine("models"),
  ...(valueOf("--workers") && { workers: valueOf("--workers") }),
});
const rows = reportRows(answers, models >= ENOUGH);
const title = `${models} trained models, each during the change and after it${models >= ENOUGH ? "" : " (too few for the targets)"}`;
console.log(`${title}\n\n${table(rows)}`);
if (process.argv.includes("--docs")) writeDocsTable("bench:trained", `${title}:`, rows);
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
