/**
 * @file `npm run bench:coverage`: how often the interval of a score holds the truth, and how often the scores of all heads
 * are within the band when `stopByPrecision` stops. Exit code 1 if a target is missed.
 *
 * `--quick`: a tenth of everything, which is too little to judge by. `--models N` planted ones only, `--draws N` of each. The truth of a head is its mean over many sequences
 * that no interval sees. A stratum is what the truth lies in.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inWorkers, progressLine } from "./pool.js";
import { median, row, table } from "./statistics.js";

const quick = process.argv.includes("--quick");
const SEQUENCES = quick ? 2_000 : 20_000;
const asked = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const DRAWS = asked("--draws") ?? (quick ? 6 : 30);
const SIZES = [10, 30, 100];
const STRATA = [
  { name: "< .1", holds: (truth) => truth < 0.1 },
  { name: ".1 to .5", holds: (truth) => truth >= 0.1 && truth <= 0.5 },
  { name: "> .5", holds: (truth) => truth > 0.5 },
];
/** The first three architectures: their weights have TransformerLens' names, and position blocks. */
const planted = Array.from(
  { length: asked("--models") ?? (quick ? 3 : 15) },
  (_, at) => 700 + 7 * Math.floor(at / 3) + (at % 3),
);
const stories =
  asked("--models") === undefined &&
  existsSync(join(import.meta.dirname, "../../shared/data/stories260k/hf"));
const models = [...planted.map((seed) => ({ seed })), ...(stories ? [{ stories: true }] : [])];

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const sum = (values) => values.reduce((all, value) => all + value, 0);

const started = performance.now();
const measured = await inWorkers(
  join(import.meta.dirname, "coverage/worker.js"),
  models.map((model) => ({ model, draws: DRAWS, sequences: SEQUENCES, sizes: SIZES })),
  { said: progressLine("models") },
);

/** Standard error of a mean share over models: heads of a model see the same sequences. */
function spreadOf(shares) {
  const centre = sum(shares) / shares.length;
  return Math.sqrt(
    sum(shares.map((one) => (one - centre) ** 2)) / (shares.length - 1) / shares.length,
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
        .filter((some) => some.length > 0)
        .map((some) => sum(some.map(({ hits }) => hits[size])) / (some.length * DRAWS)),
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
const stops = measured.flatMap(({ stops: all }) => all).filter(Boolean);
const total = measured.length * DRAWS;
if (stops.length > 0) {
  const share = stops.filter(({ covered }) => covered).length / stops.length;
  rows.push(
    row(
      "stopped at a half-width of .04, all heads at once",
      percent(share),
      ">= 93 %",
      quick ? null : share >= 0.93,
      `${stops.length} of ${total} draws stopped within 240 sequences, after ${median(stops.map(({ sequences }) => sequences))} in the median`,
    ),
  );
}
console.log(
  `${measured.length} models x ${DRAWS} draws = ${total} (target >= 400), truth from ${SEQUENCES} sequences, ${((performance.now() - started) / 1000).toFixed(0)} s`,
);
console.log(table(rows));
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
