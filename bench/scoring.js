/**
 * @file One scoring measurement in a process of its own, as JSON: the share of the MatMul rate that a whole score reaches.
 * usage: node bench/scoring.js MODEL_DIR cpu|wasm PAIRS [LOSS_EXAMPLES]
 *
 * A pair is 20 sequences of 64 tokens scored, then MatMul alone for about as long; machines swing twofold within minutes,
 * so only the ratio within a pair counts, and the median over pairs.
 */
import * as ortWeb from "onnxruntime-web";
import { openModel } from "../dist/models/open.js";
import { multiplyAdds } from "../dist/runtime/chunks.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { wasmBackend } from "../dist/runtime/wasm.js";
import { score } from "../dist/studies/score/score.js";
import { scoreProgram } from "../dist/studies/score/scoreProgram.js";
import { matMul, MATMUL_OPERATIONS } from "./matMul.js";
import { median, spread } from "./statistics.js";

const [path, device, pairs, lossExamples = "0"] = process.argv.slice(2);
const backend = device === "wasm" ? wasmBackend(ortWeb) : await nativeBackend();
const model = await openModel(path);
const LENGTH = 64;
const examples = device === "wasm" ? 4 : 20;
const program = scoreProgram(model.program, model.architecture, { measures: 5, withLoss: false });
const operations = 2 * examples * multiplyAdds(program, { batch: 1, position: LENGTH });
const alone = await matMul(backend);
const times = Math.max(1, Math.round(operations / MATMUL_OPERATIONS));
await alone.seconds(2);

const shares = [];
const rates = [];
const prepared = [];
for (let pair = 0; pair <= Number(pairs); pair++) {
  const { timings } = await score(model, {
    backend,
    bos: "off",
    seqLen: LENGTH,
    numExamples: examples,
    lossExamples: Number(lossExamples),
  });
  const seconds = await alone.seconds(times);
  if (pair === 0) continue; // the first run of a session allocates
  const rate = (times * MATMUL_OPERATIONS) / seconds;
  shares.push(operations / (timings.run / 1000) / rate);
  rates.push(rate / 1e9);
  prepared.push(timings.prepare);
}
console.log(
  JSON.stringify({
    share: median(shares),
    operationsPerExample: operations / examples,
    shares,
    matMulGflops: median(rates),
    rateSpread: spread(rates),
    prepareMs: median(prepared),
  }),
);
process.exit();
