/**
 * @file `npm run bench:training`: every number of training that the documents claim, each with its target beside it.
 *
 * Times are processor time of one thread, which other work on the machine disturbs least; wall time is beside it. A step is
 * compared with PyTorch's where INDUCTION_LENS_TORCH names a Python that has 2.4 or newer (fused AdamW) and
 * ../shared/baselines is there: the median ratio of interleaved pairs. `--quick` takes one seed and fewer pairs.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as ortWeb from "onnxruntime-web";
import { nativeBackend } from "../dist/runtime/native.js";
import { wasmBackend } from "../dist/runtime/wasm.js";
import { recipeFrom } from "../dist/training/recipe.js";
import { train } from "../dist/training/train.js";
import { median, row, table } from "./statistics.js";

const quick = process.argv.includes("--quick");
const rows = [];
const told = (line) => process.stderr.write(`${line}\n`);

/** Processor time of this process so far, milliseconds. */
function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds of processor time of each of `count` steps, after five that warm up. */
async function stepTimes(backend, count, model = {}) {
  const recipe = recipeFrom({ model, steps: count + 5, checkpoints: [], logEvery: 1e6 });
  const times = [];
  let before = processorMs();
  for await (const { step } of train(recipe, backend)) {
    const now = processorMs();
    if (step > 5 && step < recipe.steps) times.push(now - before);
    before = now;
  }
  return times;
}

const INDUCTION = 0.8;
const SECOND_COPY = 0.2;

/** Seconds and step at which a head scores .8 and the second copy's loss is a fifth of the first's; null if it never is. */
async function timeToInduction(backend, input, wanted = INDUCTION) {
  const recipe = recipeFrom({ ...input, logEvery: 25, checkpoints: [] });
  const [began, wallBegan] = [processorMs(), performance.now()];
  let best = 0;
  for await (const { step, scores } of train(recipe, backend)) {
    if (!scores) continue;
    best = Math.max(best, scores.best.induction.score);
    const learned = scores.secondCopyLoss <= SECOND_COPY * scores.firstCopyLoss;
    if (learned && scores.best.induction.score >= wanted)
      return {
        step,
        seconds: (processorMs() - began) / 1000,
        wall: (performance.now() - wallBegan) / 1000,
        best,
      };
  }
  return { step: null, seconds: null, wall: null, best };
}

const one = await nativeBackend(1);
/** The baseline with processor time of one thread for its clock. */
const CLOCKED =
  "import sys, time, torch; time.perf_counter = time.process_time; torch.set_num_threads(1); exec(open(sys.argv[1]).read())";

told("PyTorch on the same step ...");
const python = process.env["INDUCTION_LENS_TORCH"];
const baseline = join(import.meta.dirname, "../../shared/baselines/torch_train.py");
if (python && existsSync(baseline)) {
  const ratios = [];
  for (let pair = 0; pair < (quick ? 3 : 7); pair++) {
    const ours = median(await stepTimes(one, 100, { positions: "learned" }));
    const printed = execFileSync(python, ["-c", CLOCKED, baseline], {
      encoding: "utf8",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    const theirs = [...printed.matchAll(/eager ([\d.]+) ms/g)].map(([, ms]) => Number(ms));
    told(`  ${ours.toFixed(1)} ms, PyTorch ${median(theirs).toFixed(1)} ms`);
    ratios.push(ours / median(theirs));
  }
  const ratio = median(ratios);
  rows.push(row("a step, our time / PyTorch's", ratio.toFixed(2), "<= 1.2", ratio <= 1.2));
} else {
  rows.push(row("a step against PyTorch", "not compared: INDUCTION_LENS_TORCH", "", null));
}

told("WASM ...");
const pairs = [];
for (let pair = 0; pair < (quick ? 1 : 3); pair++)
  pairs.push({
    native: median(await stepTimes(one, 60)),
    wasm: median(await stepTimes(wasmBackend(ortWeb), 30)),
  });
rows.push(row("a step", `${median(pairs.map(({ native }) => native)).toFixed(1)} ms`, "", null));
const wasm = median(pairs.map(({ native, wasm: slow }) => slow / native));
rows.push(row("  WASM / native", wasm.toFixed(2), "<= 4", wasm <= 4));

told("induction by seed ...");
const seeds = quick ? [0] : [0, 1, 2, 3, 4];
const found = [];
for (const seed of seeds) {
  const result = await timeToInduction(one, { seed });
  told(`  seed ${seed}: ${JSON.stringify(result)}`);
  found.push(result);
}
const learned = found.filter(({ seconds }) => seconds !== null);
rows.push(
  row(
    `two layers: seeds with a head of ${INDUCTION} and a second copy of a fifth`,
    `${learned.length} of ${seeds.length}, at step ${learned.map(({ step }) => step).join(", ")}`,
    "all",
    learned.length === seeds.length,
  ),
);
const slowest = Math.max(...learned.map(({ seconds }) => seconds));
const wall = Math.max(...learned.map((each) => each.wall));
rows.push(
  row(
    "  seconds of one processor, the slowest seed",
    slowest.toFixed(0),
    "<= 60",
    slowest <= 60,
    `(${wall.toFixed(0)} s on the clock)`,
  ),
);
const control = [];
for (const seed of seeds)
  control.push(await timeToInduction(one, { seed, steps: 1000, model: { layers: 1 } }));
const most = Math.max(...control.map(({ best }) => best));
rows.push(
  row("one layer, the control: its best head of all seeds", most.toFixed(2), "<= 0.2", most <= 0.2),
);

const smeared = await timeToInduction(one, { model: { layers: 1, smearedKeys: true } }, 0.5);
rows.push(
  row(
    "one layer with smeared keys: step with a head of 0.5 and a second copy of a fifth",
    String(smeared.step),
    "<= 1500",
    smeared.step !== null,
  ),
);

if (!quick) {
  told("memory over 5,000 steps ...");
  const small = { vocabulary: 16, contextLength: 16, layers: 2, heads: 2, dModel: 16 };
  const recipe = recipeFrom({ model: small, steps: 5000, checkpoints: [], logEvery: 100 });
  const resident = new Map();
  for await (const { step } of train(recipe, one)) {
    if (step !== 1000 && step !== 5000) continue;
    globalThis.gc?.();
    resident.set(step, process.memoryUsage().rss);
  }
  const growth = resident.get(5000) / resident.get(1000);
  rows.push(
    row("memory at step 5,000 / at step 1,000", growth.toFixed(2), "<= 1.1", growth <= 1.1),
  );
}

console.log(table(rows));
process.exit(rows.some(({ met }) => met === false) ? 1 : 0);
