/**
 * @file `npm run bench:runs`: the rate of products by how many tokens a run has, with the matrices of a model of a billion parameters,
 * [tokens, 2048] x [2048, 5632] and back. Sizes take turns, so that a machine whose rate swings is as fast for all. It is what
 * `LEAST_TOKENS` of src/runtime/chunks.ts rests on.
 */
import { nativeBackend } from "../dist/runtime/native.js";
import { matMul } from "./matMul.js";
import { median } from "./statistics.js";

const TOKENS = [64, 128, 192, 320, 640];
const TURNS = 9;

const backend = await nativeBackend();
if (!backend) throw new Error("bench:runs needs onnxruntime-node, which is not installed");
const sizes = [];
for (const rows of TOKENS) {
  const alone = await matMul(backend, { rows, width: 2048, inner: 5632, pairs: 4 });
  await alone.seconds(1);
  sizes.push({ rows, alone, rates: [] });
}
for (let turn = 0; turn < TURNS; turn++)
  for (const { alone, rates } of sizes) rates.push(alone.operations / (await alone.seconds(1)));
const best = Math.max(...sizes.map(({ rates }) => median(rates)));
for (const { rows, rates } of sizes) {
  const rate = median(rates);
  const share = (rate / best).toFixed(2);
  console.log(
    `${String(rows).padStart(4)} tokens ${(rate / 1e9).toFixed(0)} GFLOP/s, ${share} of the best`,
  );
}
process.exit();
