/**
 * @file `npm run bench:device`: scores of GPT-2's shape (random weights) on a device and on the processor: seconds, rows a second,
 * and how far their scores are apart. Exit code 1 if they are apart by more than 1e-4.
 * usage: node bench/device.js [--device NAME] [--torch PYTHON] [--small]
 *
 * --torch: the same passes, with attention patterns, in PyTorch on CUDA in float32, TF32 and BF16, and in TransformerLens where
 * that Python has it. --small: two layers and few rows, for a software adapter.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load, openEngine, score } from "../dist/index.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { median, row, table } from "./statistics.js";

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "webgpu" },
    torch: { type: "string" },
    small: { type: "boolean", default: false },
  },
});
const ALLOWED = 1e-4;
const SHAPE = values.small ? { layers: 2, vocabulary: 512 } : { layers: 12, vocabulary: 50257 };
const TASKS = values.small
  ? [{ rows: 2, length: 32 }]
  : [
      { rows: 100, length: 64 },
      { rows: 20, length: 512 },
    ];
const TIMES = values.small ? 1 : 5;

const folder = mkdtempSync(join(tmpdir(), "bench-device-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = await gpt2Shape(folder, "F32", SHAPE);
const model = await load(path);

/** Median seconds of the runs alone, after one that warms up, and the induction scores. */
async function measureRun(backend, { rows, length }) {
  const once = () =>
    score(model, {
      ...{ backend, bos: "off", seqLen: length, numExamples: rows, lossExamples: 0 },
    });
  const { scores } = await once();
  const seconds = [];
  for (let time = 0; time < TIMES; time++) seconds.push((await once()).timings.run / 1000);
  return { seconds: median(seconds), scores: scores.induction.flat() };
}

function torchSeconds({ rows, length }) {
  if (values.torch === undefined) return {};
  const script = join(import.meta.dirname, "device/forward.py");
  const args = [script, path, rows, length, TIMES].map(String);
  return JSON.parse(execFileSync(values.torch, args, { encoding: "utf8" }));
}

const device = await openEngine({ device: /** @type {"webgpu"} */ (values.device) });
const cpu = await openEngine({ device: "cpu" });
let farthest = 0;
for (const task of TASKS) {
  const [ours, reference] = [await measureRun(device, task), await measureRun(cpu, task)];
  const apart = Math.max(...ours.scores.map((value, at) => Math.abs(value - reference.scores[at])));
  farthest = Math.max(farthest, apart);
  const line = (what, seconds) =>
    row(what, `${seconds.toFixed(3)} s`, "", null, `${(task.rows / seconds).toFixed(0)} rows/s`);
  console.log(`${task.rows} x ${task.length} tokens; scores apart by ${apart.toExponential(1)}`);
  console.log(
    table([
      line(`ours, ${values.device}`, ours.seconds),
      line(`ours, processor, ${cpu.threads} threads`, reference.seconds),
      ...Object.entries(torchSeconds(task)).map(([what, seconds]) => line(what, seconds)),
    ]),
  );
}
await model.close();
process.exit(farthest <= ALLOWED ? 0 : 1);
