/** @file What a training step costs: against PyTorch's, and in WASM against native; in processor time of one thread. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as ortWeb from "onnxruntime-web";
import { nativeBackend } from "../../dist/runtime/native.js";
import { wasmBackend } from "../../dist/runtime/wasm.js";
import { recipeFrom } from "../../dist/training/recipe.js";
import { train } from "../../dist/training/train.js";
import { median, row } from "../statistics.js";

/** Processor time of this process so far, milliseconds. */
export function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The first steps of WASM are slow and V8 compiles meanwhile: after so many it is done (looked at: 25 to 40). */
const WARM = 60;

/** Milliseconds of processor time: of a step in the middle once warm, and of the whole run, its start with it. */
async function runTimes(backend, { steps, warm, model = {} }) {
  const recipe = recipeFrom({ model, steps, checkpoints: [], logEvery: 1e6 });
  const times = [];
  const began = processorMs();
  let before = began;
  for await (const { step } of train(recipe, backend)) {
    const now = processorMs();
    if (step > warm && step < steps) times.push(now - before);
    before = now;
  }
  return { step: median(times), run: processorMs() - began };
}

const PYTHON = process.env["INDUCTION_LENS_TORCH"] ?? process.env["INDUCTION_LENS_TL"];
const BASELINE = join(import.meta.dirname, "../../../shared/baselines/torch_train.py");
/** The baseline with processor time of one thread for its clock. */
const CLOCKED =
  "import sys, time, torch; time.perf_counter = time.process_time; torch.set_num_threads(1); exec(open(sys.argv[1]).read())";

/** The median ratio of interleaved pairs: the baseline's model has learned positions, so ours has them here too. */
export async function torchRows({ quick, told: say }) {
  const what = "a step, our time / PyTorch's";
  const target = "<= 1.2, aim 1";
  if (!PYTHON || !existsSync(BASELINE)) {
    const lacks = !PYTHON ? "INDUCTION_LENS_TORCH names no Python" : "no ../shared/baselines";
    return [row(what, `not compared: ${lacks}`, target, null)];
  }
  const onOneThread = await nativeBackend(1);
  const pairs = [];
  for (let pair = 0; pair < (quick ? 3 : 7); pair++) {
    const ours = await runTimes(onOneThread, {
      steps: 110,
      warm: 10,
      model: { positions: "learned" },
    });
    const printed = execFileSync(PYTHON, ["-c", CLOCKED, BASELINE], {
      encoding: "utf8",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    const theirs = median(
      [...printed.matchAll(/eager ([\d.]+) ms/g)].map(([, milliseconds]) => Number(milliseconds)),
    );
    say(`  ${ours.step.toFixed(1)} ms, PyTorch ${theirs.toFixed(1)} ms`);
    pairs.push({ ours: ours.step, theirs });
  }
  const ratio = median(pairs.map(({ ours, theirs }) => ours / theirs));
  const [ours, theirs] = ["ours", "theirs"].map((key) => median(pairs.map((pair) => pair[key])));
  const note = `(${ours.toFixed(1)} ms, PyTorch ${theirs.toFixed(1)} ms)`;
  return [row(what, ratio.toFixed(2), target, ratio <= 1.2, note)];
}

const RUN = 600;

/** The default recipe as the page's lab trains it: a step once V8 has compiled the engine, and all of a run. */
export async function wasmRows({ quick, told: say }) {
  const onOneThread = await nativeBackend(1);
  const wasm = wasmBackend(ortWeb);
  const pairs = [];
  for (let pair = 0; pair < (quick ? 1 : 3); pair++) {
    const native = await runTimes(onOneThread, { steps: RUN, warm: WARM });
    const slow = await runTimes(wasm, { steps: RUN, warm: WARM });
    say(`  native ${JSON.stringify(native)}, WASM ${JSON.stringify(slow)}`);
    pairs.push({ step: slow.step / native.step, run: slow.run / native.run, native: native.step });
  }
  const of = (key) => median(pairs.map((pair) => pair[key]));
  return [
    row("a step, native", `${of("native").toFixed(1)} ms`, "", null),
    row("a step, WASM / native", of("step").toFixed(2), "<= 4", of("step") <= 4),
    row(
      `a run of ${RUN} steps with its start, WASM / native`,
      of("run").toFixed(2),
      "<= 4",
      of("run") <= 4,
      "(V8 compiles the engine in the first process of a row)",
    ),
  ];
}
