/**
 * @file `npm run bench:coverage`: how often the interval of a score holds the truth, and how often the scores of all heads
 * are within the band when `stopByPrecision` stops. Exit code 1 if a target is missed.
 *
 * `--quick`: a tenth of everything, which is too little to judge by. `--draws N` of each model.
 * `--precision`: the stops alone. The truth of a head is its mean over many sequences that no interval sees; of
 * SmolLM2-135M, where ../shared/data has it, that of the pool which the draws are taken from. A stratum is what the truth
 * lies in.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { inWorkers, progressLine } from "./pool.js";
import { median, row, table } from "./statistics.js";

const quick = process.argv.includes("--quick");
const SEQUENCES = quick ? 2_000 : 20_000;
const valueOf = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const DRAWS = valueOf("--draws") ?? (quick ? 6 : 30);
const SIZES = process.argv.includes("--precision") ? [] : [10, 30, 100];
/** Short rows vary more than those of 2 x 32, so the same number of sequences reaches twice the half-width. */
const STOP = { target: 0.04, most: 240 };
const SMOLLM2 = {
  draws: quick ? 20 : 250,
  sequences: quick ? 200 : 2_000,
  stop: { target: 0.02, most: 400 },
};
const STRATA = [
  { name: "< .1", holds: (truth) => truth < 0.1 },
  { name: ".1 to .5", holds: (truth) => truth >= 0.1 && truth <= 0.5 },
  { name: "> .5", holds: (truth) => truth > 0.5 },
];
/** The first three architectures: their weights have TransformerLens' names, and position blocks. */
const planted = Array.from(
  { length: quick ? 3 : 6 },
  (_, at) => 700 + 7 * Math.floor(at / 3) + (at % 3),
);
const steps = readdirSync(join(import.meta.dirname, "../zoo/attn-2l/checkpoints")).filter(
  (_, at) => !quick || at % 7 === 0,
);
const stories = existsSync(join(import.meta.dirname, "../../shared/data/stories260k/hf"));
const models = [
  ...planted.map((seed) => ({ seed })),
  ...steps.map((step) => ({ step })),
  ...(stories ? [{ stories: true }] : []),
];
const smollm2 = existsSync(join(import.meta.dirname, "../../shared/data/smollm2-135m"));

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const sum = (values) => values.reduce((all, value) => all + value, 0);

const started = performance.now();
const jobs = [
  ...(smollm2 ? [{ model: { smollm2: true }, ...SMOLLM2 }] : []),
  ...models.map((model) => ({
    model,
    draws: DRAWS,
    sequences: SEQUENCES,
    sizes: SIZES,
    stop: STOP,
  })),
];
const answers = await inWorkers(join(import.meta.dirname, "coverage/worker.js"), jobs, {
  onProgress: progressLine("models"),
});
const measured = smollm2 ? answers.slice(1) : answers;

/** Standard error of a mean share over models: heads of a model see the same sequences. */
function spreadOf(shares) {
  const centre = sum(shares) / shares.length;
  return Math.sqrt(
    sum(shares.map((share) => (share - centre) ** 2)) / (shares.length - 1) / shares.length,
  );
}

const rows = STRATA.flatMap(({ name, holds }) =>
  SIZES.map((size) => {
    const groups = measured.map(({ heads }) => heads.filter(({ truth }) => holds(truth)));
    const heads = groups.flat();
    if (heads.length === 0) return row(`interval, score ${name}, n = ${size}`, "no head", "", null);
    const share = sum(heads.map(({ hits }) => hits[size])) / (heads.length * DRAWS);
    const apart = spreadOf(
      groups
        .filter((group) => group.length > 0)
        .map((group) => sum(group.map(({ hits }) => hits[size])) / (group.length * DRAWS)),
    );
    const width = median(heads.flatMap(({ widths }) => widths[size]));
    const judged = size >= 30 && !quick;
    return row(
      `interval, score ${name}, n = ${size}`,
      percent(share),
      judged ? "92 to 98 %" : "",
      judged ? share >= 0.92 && share <= 0.98 : null,
      `${heads.length} heads x ${DRAWS} draws, -+ ${percent(2 * apart)} over models, median width ${width.toFixed(4)}`,
    );
  }),
);
const total = measured.length * DRAWS;

/** How often all heads were within the target where a draw stopped. */
function stopRow(what, all, { target, most }, whichHeads = "all heads") {
  const stops = all.filter(Boolean);
  if (stops.length === 0) return row(what, "none stopped", "", null);
  const share = stops.filter(({ covered }) => covered).length / stops.length;
  const within = all.filter((stop) => stop && stop.sequences <= 100).length / all.length;
  const spread = Math.sqrt((share * (1 - share)) / stops.length);
  return row(
    `${what}: stopped at a half-width of ${target}, ${whichHeads} at once`,
    percent(share),
    ">= 93 %",
    quick ? null : share >= 0.93,
    `-+ ${percent(2 * spread)}; ${stops.length} of ${all.length} draws stopped within ${most} sequences, after ${median(stops.map(({ sequences }) => sequences))} in the median, ${percent(within)} within 100`,
  );
}
rows.push(
  stopRow(
    "small models",
    measured.flatMap(({ stops }) => stops),
    STOP,
  ),
);
const BEST = "the best 5 heads";
const auto = measured.flatMap(({ autoStops }) => autoStops);
rows.push(stopRow("small models", auto, STOP, BEST));
if (smollm2) {
  rows.push(stopRow("SmolLM2-135M", answers[0].stops, SMOLLM2.stop));
  rows.push(stopRow("SmolLM2-135M", answers[0].autoStops, SMOLLM2.stop, BEST));
}
console.log(
  `${measured.length} models x ${DRAWS} draws = ${total} (target >= 400), truth from ${SEQUENCES} sequences, ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
console.log(table(rows));
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
