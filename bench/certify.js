/**
 * @file `npm run bench:certify [-- --sequences N]`: bounds of `certify` against a million random sequences and as many that were
 * changed towards less attention, on a tiny planted model and on two of the population. Exit code 1 if a bound is above what
 * was found, by more than float32's error, or if the planted head gets less than .9.
 */
import { plantedModel } from "../dist/bench/population/plantedModel.js";
import { roundedDown, roundedUp } from "../dist/measure/certificate/safeRounding.js";
import { checkpointInMemory } from "../dist/models/checkpointInMemory.js";
import { plantedCheckpoint } from "../dist/models/planted/circuit.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { certify } from "../dist/studies/certify/certify.js";
import { row, table } from "./statistics.js";

const at = process.argv.indexOf("--sequences");
const sequences = at < 0 ? 1_000_000 : Number(process.argv[at + 1]);
/** Float32 may put a measured attention this far below a true bound. */
const ENGINE_ERROR = 1e-5;
/** Changed sequences in one round. */
const ROUND = 32;

const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:certify needs onnxruntime-node, which is not installed");

const TINY = { vocabulary: 17, contextLength: 17, width: 16, heads: 1, layers: 2, seed: 3 };
/** @type {import("../dist/models/planted/circuit.js").PlantedHead} */
const previous = {
  ...{ layer: 0, head: 0, query: "position", key: "position", sharpness: 30, shift: 1 },
  copies: { from: "token", to: "previous", strength: 1 },
};
/** @type {import("../dist/models/planted/circuit.js").PlantedHead} */
const induction = {
  ...{ layer: 1, head: 0, query: "token", key: "previous", sharpness: 18, rest: 8 },
  copies: { from: "token", to: "prediction", strength: 20 },
};
/** @type {import("../dist/bench/population/plantedModel.js").PlantedOptions["kinds"]} */
const kinds = [
  ["feeder", "noise"],
  ["induction", "noise"],
];
const planted = (seed, architecture) =>
  checkpointInMemory(plantedModel(seed, { kinds, architecture }), { id: architecture });

const CASES = [
  {
    name: "tiny planted, 8 of 16 tokens",
    model: checkpointInMemory(plantedCheckpoint(TINY, [previous, induction]), { id: "tiny" }),
    options: { seqLen: 16 },
    target: 0.9,
  },
  {
    name: "LN, attention only, 4 of 8 tokens",
    model: planted(702, "LN, attention only"),
    options: { alphabet: 8, seqLen: 8, heads: ["1.0"] },
    target: 0.9,
  },
  {
    name: "LN, shortformer, a soft head, 4 of 8 tokens",
    model: planted(703, "LN, shortformer"),
    options: { alphabet: 8, seqLen: 8, heads: ["1.0"] },
    target: null,
  },
];

const rows = [];
for (const { name, model, options, target } of CASES) {
  const started = performance.now();
  const { heads, search, accuracy } = await certify(model, {
    ...{ backend, numExamples: sequences, rounds: Math.ceil(sequences / ROUND) },
    ...options,
  });
  const [{ least, found: blockSearch }] = heads;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  rows.push(
    row(
      name,
      roundedDown(least).toFixed(4),
      target === null ? "" : `>= ${target}`,
      target && least >= target,
    ),
    row(
      "  least that was found",
      roundedUp(blockSearch.least).toFixed(4),
      ">= the bound",
      blockSearch.least >= least - ENGINE_ERROR,
      `${search.random} random, ${search.adversarial} changed, ${seconds} s`,
    ),
    row(
      "  accuracy, proved and found",
      `${roundedDown(accuracy.proved).toFixed(4)} ${accuracy.found.toFixed(4)}`,
      "",
      null,
    ),
  );
  process.stderr.write(`${name}: ${least} proved, ${blockSearch.least} found, ${seconds} s\n`);
}
console.log(table(rows));
if (rows.some(({ met }) => met === false)) process.exitCode = 1;
