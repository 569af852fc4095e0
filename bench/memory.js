/**
 * @file `npm run bench:memory -- MODEL`: the peak memory and the time of studies with all the memory of the machine and in a budget, each in
 * a process of its own, and whether the numbers are the same bytes.
 * usage: node bench/memory.js MODEL [--memory MB] [--examples N]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measuredProcess } from "./measuredProcess.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    memory: { type: "string", default: "600" },
    examples: { type: "string", default: "5" },
  },
});
const [model] = positionals;
if (!model) {
  console.error("usage: node bench/memory.js MODEL [--memory MB] [--examples N]");
  process.exit(2);
}

function measureStudy(study, memory) {
  const worker = join(import.meta.dirname, "memoryWorker.js");
  return measuredProcess([worker, model, study, values.examples, String(memory)], memory > 0);
}

const show = ({ peakBytes, seconds }) =>
  `${(peakBytes / 1e9).toFixed(2)} GB ${seconds.toFixed(1).padStart(6)} s`;

console.log(`${model}, ${values.examples} sequences, whole and in ${values.memory} MB`);
for (const study of ["score", "lens", "patch", "ablate", "verdict"]) {
  const whole = await measureStudy(study, 0);
  const small = await measureStudy(study, values.memory);
  const isSame = whole.numbers === small.numbers;
  console.log(
    `${study.padEnd(8)} ${show(whole)}   ${show(small)}   ${isSame ? "same bytes" : "OTHER BYTES"}`,
  );
  if (!isSame) process.exitCode = 1;
}
