/**
 * @file `npm run bench:size`: a LLaMA shape of 1.1 billion parameters scored whole and in a budget of memory, each in a process
 * of its own: peak memory, time, share of MatMul's rate, and whether the numbers are the same bytes.
 * usage: node bench/size.js [--rows N] [--memory MB] [--folder DIR] [--large | --small] [--gguf] [--fast]
 *
 * The checkpoint is random BF16 of 2.2 GB, kept in DIR where it is given, else removed. --large: 6.7 billion, 13.5 GB, only in
 * the budget; --small: two layers, to try the script. --gguf: the same shape in Q4_0. --fast: with products of 8 bits too.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llamaGguf } from "./llamaGguf.js";
import { LLAMA_SHAPES, llamaShape } from "./llamaShape.js";
import { measuredProcess } from "./measuredProcess.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100" },
    memory: { type: "string" },
    folder: { type: "string" },
    large: { type: "boolean", default: false },
    small: { type: "boolean", default: false },
    gguf: { type: "boolean", default: false },
    fast: { type: "boolean", default: false },
  },
});
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "bench-size-"));
if (!values.folder) process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const name = values.large ? "6.7B" : "1.1B";
const shape = values.small
  ? { ...LLAMA_SHAPES[name], layers: 2, vocabulary: 2000 }
  : LLAMA_SHAPES[name];
const writeShape = values.gguf ? llamaGguf : llamaShape;
const model = await writeShape(folder, values.small ? "small" : name, shape);
const megabytes = Number(values.memory ?? (values.large ? 3500 : values.small ? 300 : 1500));

function measureMemory(memory, fast = "") {
  const worker = join(import.meta.dirname, "sizeWorker.js");
  return measuredProcess(
    ["--expose-gc", worker, model, values.rows, String(memory), fast],
    memory > 0,
  );
}

const show = (title, { peakBytes, anonymousBytes, seconds, prepareSeconds, share, gflops }) =>
  console.log(
    [
      title.padEnd(16),
      `peak ${(peakBytes / 1e9).toFixed(2)} GB (${(anonymousBytes / 1e9).toFixed(2)} without mapped files)`.padEnd(
        46,
      ),
      `${seconds.toFixed(1)} s, of which ${prepareSeconds.toFixed(1)} before the first run`.padEnd(
        44,
      ),
      `${(100 * share).toFixed(0)} % of MatMul (${gflops.toFixed(0)} GFLOP/s)`,
    ].join(" "),
  );

console.log(`${name}, ${values.gguf ? "Q4_0" : "BF16"}, ${values.rows} x 64 tokens`);
const pieces = await measureMemory(megabytes);
show(`in ${megabytes} MB`, pieces);
if (!values.large) {
  const whole = await measureMemory(0);
  show("whole", whole);
  console.log(`time: ${(pieces.seconds / whole.seconds).toFixed(2)} of the whole`);
  console.log(`same bytes: ${pieces.numbers === whole.numbers}`);
  process.exitCode = pieces.numbers === whole.numbers ? 0 : 1;
}
if (values.fast) {
  const rounded = await measureMemory(0, "fast");
  show("fast", rounded);
  console.log(rounded.choice);
}
