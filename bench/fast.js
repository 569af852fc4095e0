/**
 * @file `npm run bench:fast`: scores with products of 8 bits, on WebGPU of float16, beside float32, in turn within one process: the
 * median of the ratios of their runs, and how far one row is off.
 * usage: node bench/fast.js [--pairs N] [--rows N] [--device NAME] [MODEL ...]
 *
 * Without MODEL: GPT-2's shape, and two layers of a LLaMA shape of 1.1 billion, with random weights.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { score } from "../dist/studies/score/score.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { LLAMA_SHAPES, llamaShape } from "./llamaShape.js";
import { median } from "./statistics.js";

const { values, positionals } = parseArgs({
  options: {
    pairs: { type: "string", default: "5" },
    rows: { type: "string", default: "40" },
    device: { type: "string", default: "cpu" },
  },
  allowPositionals: true,
});

/** Folders of random weights, removed at the end. */
async function shapes() {
  const folder = mkdtempSync(join(tmpdir(), "bench-fast-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const small = { ...LLAMA_SHAPES["1.1B"], layers: 2, vocabulary: 2000 };
  return [await gpt2Shape(folder), await llamaShape(folder, "llama", small)];
}

const backend = await nativeBackend(undefined, /** @type {"cpu" | "webgpu"} */ (values.device));
for (const name of positionals.length > 0 ? positionals : await shapes()) {
  const model = await openModel(name);
  const bos = /** @type {const} */ ("off");
  const options = { backend, bos, seqLen: 64, numExamples: Number(values.rows), lossExamples: 0 };
  const ratios = [];
  let choice = "";
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const float32 = await score(model, options);
    const fast = await score(model, { ...options, fast: true });
    ratios.push(fast.timings.run / float32.timings.run);
    choice = fast.environment.choice;
  }
  const { architecture } = model;
  console.log(`${architecture.family}, ${architecture.layers} x ${architecture.heads} heads`);
  console.log(`  time of fast, float32 = 1: ${median(ratios).toFixed(2)}`);
  console.log(`  ${choice}`);
  await model.close();
}
process.exit();
