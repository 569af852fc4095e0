/**
 * @file `npm run bench:phase`: false alarms, coverage and width of the change point on made-up curves (trainingCurves.js):
 * 400 without a change and 400 with one, over 20 sets of checkpoints, none of them used while the method was made.
 */
import { changeSearch, random } from "../dist/measure.js";
import { row, table } from "./statistics.js";
import { checkpoints, trainingCurve } from "./trainingCurves.js";

const [SETS, EACH, SEED] = [20, 20, 7];
const alarms = [];
const detections = [];
let missed = 0;
for (let set = 0; set < SETS; set++) {
  const stream = random(SEED, set);
  const steps = checkpoints(stream);
  const search = changeSearch(steps);
  for (let trial = 0; trial < EACH; trial++) {
    const smooth = trainingCurve(stream, steps, { changes: false });
    if (search(smooth.values).change) alarms.push(smooth);
    const changed = trainingCurve(stream, steps, { changes: true });
    const { change } = search(changed.values);
    if (change) detections.push({ ...changed, change });
    else missed += 1;
  }
  process.stderr.write(`${set + 1} of ${SETS} sets of checkpoints (${steps.length})\n`);
}
const runs = SETS * EACH;
const percent = (count, of) => `${((100 * count) / of).toFixed(1)} %`;
const covered = detections.filter(
  ({ step, change: { interval } }) => interval[0] <= step && step <= interval[1],
);
const widths = detections
  .map(({ change: { interval } }) => Math.log10(interval[1] / interval[0]))
  .sort((a, b) => a - b);
const width = widths[widths.length >> 1];
const coverage = covered.length / detections.length;
process.stdout.write(
  `${table([
    row("false alarms", percent(alarms.length, runs), "<= 7 %", alarms.length <= 0.07 * runs),
    row(
      "coverage",
      percent(covered.length, detections.length),
      "92 to 98 %",
      coverage >= 0.92 && coverage <= 0.98,
    ),
    row("median width", `${width.toFixed(3)} decades`, "<= .15", width <= 0.15),
    row("found", percent(detections.length, runs), "", null),
  ])}\n`,
);
for (const trend of new Set([...alarms, ...detections].map((detection) => detection.trend)))
  process.stdout.write(
    `false alarms on ${trend}: ${alarms.filter((alarm) => alarm.trend === trend).length}\n`,
  );
const quiet = detections.filter(({ deviation }) => deviation < 0.03).length;
process.stdout.write(`missed ${missed}; found with noise under 3 % of the change: ${quiet}\n`);
