/**
 * @file `npm run bench:truth`: the labels of `verdict` against planted truth and on null models, and those of a baseline
 * that sees attention and weights only. Exit code 1 if a target is missed. docs/benchmark.md says what is planted.
 *
 * `--quick`: a few models, too few to judge by. `--seed N`: other models. `--models N`, `--nulls N`: how many.
 * `--workers N`: processes at once; left out: as many as there are cores. `--json FILE`: also writes everything that was found out about
 * each head.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inWorkers, progressLine } from "./pool.js";
import { row, table } from "./statistics.js";
import {
  adversarialOf,
  byBaseline,
  byVerdict,
  errorsOf,
  labelTable,
  nullRows,
  qualityRows,
  shareTable,
} from "./truth/report.js";

const valueOf = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const quick = process.argv.includes("--quick");
const first = Number(valueOf("--seed") ?? 1000);
const count = Number(valueOf("--models") ?? (quick ? 14 : 200));
const nullCount = Number(valueOf("--nulls") ?? (quick ? 14 : 210));
const judged = count >= 200;
const workers = valueOf("--workers") === undefined ? undefined : Number(valueOf("--workers"));

const stories = existsSync(join(import.meta.dirname, "../../shared/data/stories260k/hf"));
const kinds = [
  "shuffled weights",
  "random init",
  "one layer",
  "planted, nothing repeats",
  "shuffled weights",
  ...(stories ? ["stories260K", "stories260K, nothing repeats"] : []),
];
const jobs = [
  ...Array.from({ length: count }, (_, at) => ({ kind: "planted", seed: first + at })),
  ...Array.from({ length: nullCount }, (_, at) => ({
    kind: kinds[at % kinds.length],
    seed: first + at,
  })),
];

const started = performance.now();
const answers = await inWorkers(join(import.meta.dirname, "truth/worker.js"), jobs, {
  ...{ workers, onProgress: progressLine("models") },
});
const models = answers.slice(0, count);
const nulls = answers.slice(count);
const cpu = answers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
const seconds = (performance.now() - started) / 1000;
if (valueOf("--json")) writeFileSync(valueOf("--json"), JSON.stringify({ models, nulls }));

const rows = [
  ...qualityRows(models, judged),
  ...(nulls.length > 0 ? nullRows(nulls, nulls.length >= 200) : []),
  row(
    "processor time on two cores",
    `${(cpu / 120).toFixed(1)} min`,
    "<= 15 min",
    judged ? cpu / 120 <= 15 : null,
    `${(seconds / 60).toFixed(1)} min passed; other work on the machine makes that longer`,
  ),
];
console.log(`${count} models from seed ${first}${judged ? "" : " (too few for the targets)"}\n`);
console.log(table(rows));
console.log(`\n${labelTable("verdict, all heads", byVerdict(models))}`);
console.log(`\n${labelTable("verdict, adversarial heads", byVerdict(adversarialOf(models)))}`);
console.log(`\n${labelTable("baseline, all heads", byBaseline(models))}`);
console.log(`\n${labelTable("baseline, adversarial heads", byBaseline(adversarialOf(models)))}`);
console.log(`\n${shareTable("by kind", models, ({ kind }) => kind)}`);
console.log(`\n${shareTable("by architecture", models, (_, { architecture }) => architecture)}`);
console.log(["", "errors of the verdict", ...errorsOf(models)].join("\n"));
for (const { kind, seed, labels } of nulls)
  for (const head of labels) console.log(`null model ${kind} ${seed}: ${head}`);
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
