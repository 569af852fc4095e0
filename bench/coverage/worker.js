/** @file Intervals and stops of one model per message: how often they hold the truth. Runs in a process of its own. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { random } from "../../dist/base/random.js";
import { tensor } from "../../dist/base/tensor.js";
import { scoreInterval } from "../../dist/measure/interval.js";
import { mean } from "../../dist/measure/mean.js";
import { highestHeads, stopByPrecision } from "../../dist/measure/stopByPrecision.js";
import { checkpointInMemory } from "../../dist/models/checkpointInMemory.js";
import { headOffsets } from "../../dist/models/headCounts.js";
import { openModel } from "../../dist/models/open.js";
import { softenWeights } from "../../dist/bench/population/changedWeights.js";
import { plantedModel } from "../../dist/bench/population/plantedModel.js";
import { rowsPerRun } from "../../dist/runtime/chunks.js";
import { nativeBackend } from "../../dist/runtime/native.js";
import { prepare } from "../../dist/runtime/prepare.js";
import { measureRows } from "../../dist/studies/score/score.js";
import { generatedRows } from "../../dist/inputs/scoreInput.js";
import { scoreProgram } from "../../dist/studies/score/scoreProgram.js";

const SHARED = join(import.meta.dirname, "../../../shared/data");
const ZOO = join(import.meta.dirname, "../../zoo/attn-2l/checkpoints");
const MEASURES = 5;
const LOOK = 10;
/** Heads that `--precision auto` holds. */
const TOP = 5;
/** Sequences made in one go, under a seed of their own. */
const BLOCK = 1000;
const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:coverage needs onnxruntime-node, which is not installed");

/** Previous-token heads, and heads that match and copy after them. */
const KINDS = [Array(4).fill("feeder"), Array(4).fill("induction"), Array(4).fill("induction")];

/** Queries of each head times a factor from e^-4 to 1, even in its logarithm, so that scores lie anywhere. */
async function softenedModel(seed) {
  const { config, weights } = plantedModel(seed, { kinds: KINDS });
  const draw = random(seed, 11);
  const factors = KINDS.map((layer) => layer.map(() => Math.exp(-4 * draw.uniform())));
  const softer = await softenWeights(weights, (layer, head) => factors[layer][head]);
  return checkpointInMemory({ config, weights: softer }, { id: `softened:${seed}` });
}

async function modelOf({ seed, step, stories, smollm2 }) {
  if (step) return openModel(join(ZOO, step));
  if (stories) return openModel(join(SHARED, "stories260k/hf"));
  if (!smollm2) return softenedModel(seed);
  const folder = join(SHARED, "smollm2-135m");
  return openModel(
    join(
      folder,
      readdirSync(folder).find((name) => name.endsWith(".gguf")),
    ),
  );
}

/** Makes induction scores of as many new sequences as asked, [head][sequence]: no two calls see the same ones. */
async function scorer({ program, architecture, close }, seqLen) {
  const scored = scoreProgram(program, architecture, { measures: MEASURES, withLoss: false });
  const sizes = generatedRows(architecture, { seqLen, numExamples: 1 }).info;
  const session = await prepare(scored, backend, {
    batch: rowsPerRun(scored, backend, sizes.length),
    position: sizes.length,
  });
  let block = 0;
  const make = async (numExamples) => {
    const rows = generatedRows(architecture, { seqLen, numExamples, seed: 5000 + block++ });
    const { scores } = await measureRows(session, rows, { architecture, lossExamples: 0 });
    return scores.flat().map(({ induction }) => induction);
  };
  const count = headOffsets(architecture).at(-1);
  return {
    heads: count,
    async sequences(total) {
      const parts = [];
      for (let drawnCount = 0; drawnCount < total; drawnCount += BLOCK)
        parts.push(await make(Math.min(BLOCK, total - drawnCount)));
      return Array.from({ length: count }, (_, head) =>
        Float64Array.from(parts.flatMap((part) => [...part[head]])),
      );
    },
    async close() {
      await session.close();
      await close();
    },
  };
}

/** Where `score --precision` would stop in these scores, and whether the heads it holds are within the target there; or null. */
function stopIn(scores, truth, { target, top = undefined, seed }) {
  for (let count = LOOK; count <= scores[0].length; count += LOOK) {
    const all = new Float64Array(scores.length * count);
    scores.forEach((values, head) => all.set(values.subarray(0, count), head * count));
    const soFar = tensor(["head", "sequence"], [scores.length, count], all);
    if (!stopByPrecision(soFar, { target, top, seed }).enough) continue;
    const covered = highestHeads(soFar, top ?? scores.length).every(
      (head) => Math.abs(mean(scores[head].subarray(0, count)) - truth[head]) <= target,
    );
    return { covered, sequences: count };
  }
  return null;
}

async function intervals({ model, draws, sequences, sizes, stop }) {
  const { heads, sequences: drawScores, close } = await scorer(await modelOf(model), 16);
  const truth = (await drawScores(sequences)).map(mean);
  const estimates = truth.map((value) => ({
    truth: value,
    hits: Object.fromEntries(sizes.map((size) => [size, 0])),
    widths: Object.fromEntries(sizes.map((size) => [size, []])),
  }));
  const [stops, autoStops] = [[], []];
  for (let draw = 0; draw < draws; draw++) {
    const scores = await drawScores(Math.max(stop.most, ...sizes));
    stops.push(stopIn(scores, truth, { target: stop.target, seed: draw }));
    autoStops.push(stopIn(scores, truth, { target: stop.target, top: TOP, seed: draw }));
    for (let head = 0; head < heads; head++)
      for (const size of sizes) {
        const [low, high] = scoreInterval(scores[head].subarray(0, size));
        estimates[head].hits[size] += Number(low <= truth[head] && truth[head] <= high);
        estimates[head].widths[size].push(high - low);
      }
  }
  await close();
  return { heads: estimates, stops, autoStops };
}

/** Draws with replacement from one pool of sequences, whose mean is the truth: a real model is too slow for new ones. */
async function resampled({ model, draws, sequences, stop }) {
  const { sequences: drawScores, close } = await scorer(await modelOf(model), 64);
  const pool = await drawScores(sequences);
  await close();
  const truth = pool.map(mean);
  const { integer } = random(17);
  const both = Array.from({ length: draws }, (_, seed) => {
    const picked = Array.from({ length: stop.most }, () => integer(0, sequences - 1));
    const scores = pool.map((values) => Float64Array.from(picked, (at) => values[at]));
    return [undefined, TOP].map((top) => stopIn(scores, truth, { target: stop.target, top, seed }));
  });
  return { heads: [], stops: both.map(([all]) => all), autoStops: both.map(([, auto]) => auto) };
}

process.on("message", async (/** @type {any} */ job) => {
  process.send(await (job.model.smollm2 ? resampled(job) : intervals(job)));
});
process.send({ ready: true });
