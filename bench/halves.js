/**
 * @file `npm run bench:halves`: a LLaMA shape of random BF16 weights on WebGPU, with weights that are float16 in the device's memory and
 * with float32, in turn within one process: whether the numbers are the same bytes, times, plans of memory, and what a software
 * adapter whose memory is the process' own (Mesa's lavapipe) took. Exit code 1 if the numbers differ.
 * usage: node bench/halves.js [--layers N] [--width N] [--rows N] [--pairs N]
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openModel } from "../dist/models/open.js";
import { rowsPerRun } from "../dist/runtime/chunks.js";
import { planMemory } from "../dist/runtime/memory.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { score } from "../dist/studies/score/score.js";
import { scoreProgram } from "../dist/studies/score/scoreProgram.js";
import { LLAMA_SHAPES, llamaShape } from "./llamaShape.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    layers: { type: "string", default: "8" },
    width: { type: "string", default: "1024" },
    rows: { type: "string", default: "1" },
    pairs: { type: "string", default: "3" },
  },
});
const LENGTH = 64;
const [rows, width] = [Number(values.rows), Number(values.width)];
const shape = {
  ...LLAMA_SHAPES["1.1B"],
  ...{ layers: Number(values.layers), width, inner: Math.round(2.75 * width), vocabulary: 2000 },
};
const folder = mkdtempSync(join(tmpdir(), "bench-halves-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const model = await openModel(await llamaShape(folder, "llama", shape));
const { reference: _, ...webgpu } = await nativeBackend(undefined, "webgpu");
if (!webgpu.keepsHalves) {
  console.log("this adapter has no float16, or does not make float32 of it exactly");
  process.exit(3);
}

/** Bytes of this process that lie in shared memory, as lavapipe's buffers do. */
const sharedBytes = () =>
  1024 * Number(/RssShmem:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);

async function measureRun(keepsHalves) {
  const backend = { ...webgpu, keepsHalves };
  const program = scoreProgram(model.program, model.architecture, { measures: 5, withLoss: false });
  const batch = Math.min(rows, rowsPerRun(program, backend, LENGTH));
  const { totalBytes } = planMemory(program, backend, { batch, position: LENGTH });
  let peak = 0;
  const { timings, environment, ...result } = await score(model, {
    ...{ backend, bos: "off", seqLen: LENGTH, numExamples: rows, lossExamples: 0 },
    progress: () => (peak = Math.max(peak, sharedBytes())),
  });
  const numbers = createHash("sha256").update(JSON.stringify(result)).digest("hex");
  return { totalBytes, peak, numbers, prepare: timings.prepare, run: timings.run };
}

const pairs = [];
for (let pair = 0; pair < Number(values.pairs); pair++)
  pairs.push({ halves: await measureRun(true), floats: await measureRun(false) });
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const ratio = (what) => median(pairs.map(({ halves, floats }) => halves[what] / floats[what]));
const { halves, floats } = pairs[0];
for (const [name, { totalBytes, peak }] of Object.entries({ float16: halves, float32: floats }))
  console.log(`${name}: planned ${megabytes(totalBytes)}, took ${megabytes(peak)}`);
const same = pairs.every(({ halves, floats }) => halves.numbers === floats.numbers);
console.log(
  `time of float16, float32 = 1: ${ratio("run").toFixed(2)} of runs, ${ratio("prepare").toFixed(2)} before`,
);
console.log(`same bytes: ${same}`);
process.exit(same ? 0 : 1);
