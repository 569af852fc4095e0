/**
 * @file One score in a process of its own, as JSON: peak memory, time, and what the numbers are.
 * usage: node --expose-gc bench/sizeWorker.js MODEL_DIR ROWS MEGABYTES (0: whole) [fast]
 *
 * MatMul alone is measured before and after, since machines swing within minutes; its rate is the mean of both.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { openModel } from "../dist/models/open.js";
import { multiplyAdds } from "../dist/runtime/chunks.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { score } from "../dist/studies/score/score.js";
import { scoreProgram } from "../dist/studies/score/scoreProgram.js";
import { matMul, MATMUL_OPERATIONS } from "./matMul.js";
import { procBytes } from "./procBytes.js";

const [path, rows, megabytes, fast] = process.argv.slice(2);
const LENGTH = 64;
const bytes = (key) => procBytes("/proc/self/status", key);

const model = await openModel(path);
const backend = await nativeBackend();
const before = await matMulRate();
globalThis.gc?.();
writeFileSync("/proc/self/clear_refs", "5"); // the peak of hashing is forgotten
let anonymousBytes = 0;
const began = performance.now();
const { timings, environment, ...result } = await score(model, {
  backend,
  fast: fast === "fast",
  ...(megabytes !== "0" && { memory: Number(megabytes) * 1e6 }),
  bos: "off",
  seqLen: LENGTH,
  numExamples: Number(rows),
  lossExamples: 0,
  progress: () => (anonymousBytes = Math.max(anonymousBytes, bytes("RssAnon"))),
});
const seconds = (performance.now() - began) / 1000;
const peakBytes = bytes("VmHWM");
const program = scoreProgram(model.program, model.architecture, { measures: 5, withLoss: false });
const operations = 2 * Number(rows) * multiplyAdds(program, { batch: 1, position: LENGTH });
const rate = (before + (await matMulRate())) / 2;
console.log(
  JSON.stringify({
    ...{ peakBytes, anonymousBytes, seconds, prepareSeconds: timings.prepare / 1000 },
    threads: environment.threads,
    choice: environment.choice,
    gflops: rate / 1e9,
    share: operations / seconds / rate,
    numbers: createHash("sha256").update(JSON.stringify(result)).digest("hex"),
  }),
);
process.exit();

/** Operations a second. */
async function matMulRate() {
  const alone = await matMul(backend);
  await alone.seconds(2);
  const seconds = await alone.seconds(20);
  await alone.close();
  return (20 * MATMUL_OPERATIONS) / seconds;
}
