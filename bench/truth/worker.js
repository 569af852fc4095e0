/** @file Labels one model per message: { kind, seed } in, what was found out. Runs in a process of its own. */
import { join } from "node:path";
import { nativeBackend } from "../../dist/runtime/native.js";
import { random } from "../../dist/base/random.js";
import { checkpointInMemory } from "../../dist/models/checkpointInMemory.js";
import { openModel } from "../../dist/models/open.js";
import { plantedModel } from "../../dist/bench/population/plantedModel.js";
import { freshWeights, shuffledWeights } from "../../dist/bench/population/changedWeights.js";
import { verdict } from "../../dist/studies/verdict/verdict.js";
import { attendsOnControl } from "./control.js";
import { baselineLabels } from "./baseline.js";

const STORIES = join(import.meta.dirname, "../../../shared/data/stories260k/hf");
const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:truth needs onnxruntime-node, which is not installed");

async function measurePlanted(seed) {
  const { config, weights, truth, architecture, circuit } = plantedModel(seed);
  const model = checkpointInMemory({ config, weights }, { id: `population:${seed}` });
  const baseline = await baselineLabels(model, backend, seed);
  const result = await verdict(model, { backend, seed });
  const heads = truth.map((head) => {
    const { label, flags, why, evidence } = result.heads.find(
      (other) => other.layer === head.layer && other.head === head.head,
    );
    return {
      ...head,
      truth: head.label,
      guess: label,
      flags,
      why,
      mechanism: evidence.mechanism,
      upstream: evidence.upstream.map((path) => `${path.route} ${path.layer}.${path.head}`),
      baseline: baseline[head.layer][head.head],
    };
  });
  return { seed, architecture, circuit, heads };
}

/** Models in which no head is an induction head, whatever it attends to. */
const NULLS = {
  "shuffled weights": async (seed) => {
    const { config, weights } = plantedModel(seed);
    return checkpointInMemory(
      { config, weights: await shuffledWeights(weights, random(seed, 7)) },
      { id: `shuffled:${seed}` },
    );
  },
  "random init": async (seed) => {
    const { config, weights, dModel } = plantedModel(seed);
    const draw = random(seed, 7);
    const options = { dModel, deviation: 0.5 + 2 * draw.uniform() };
    return checkpointInMemory(
      { config, weights: await freshWeights(weights, options, draw) },
      { id: `fresh:${seed}` },
    );
  },
  "one layer": async (seed) => {
    const { config, weights } = plantedModel(seed, { layers: 1 });
    return checkpointInMemory({ config, weights }, { id: `one-layer:${seed}` });
  },
  stories260K: () => openModel(STORIES),
};

/** Models that may have induction heads, on rows in which nothing repeats. */
const CONTROLS = {
  "planted, nothing repeats": async (seed) => {
    const { config, weights } = plantedModel(seed);
    return checkpointInMemory({ config, weights }, { id: `control:${seed}` });
  },
  "stories260K, nothing repeats": () => openModel(STORIES),
};

const INDUCTION_LABELS = [
  "induction",
  "anti-induction",
  "copy-suppression",
  "attends-without-copying",
];

async function nullModel(kind, seed) {
  const model = await (NULLS[kind] ?? CONTROLS[kind])(seed);
  try {
    if (CONTROLS[kind]) return { kind, seed, labels: await attendsOnControl(model, backend, seed) };
    const { heads } = await verdict(model, { backend, seed });
    const labels = heads
      .filter(({ label }) => INDUCTION_LABELS.includes(label))
      .map(({ layer, head, label, why }) => `${layer}.${head} ${label}: ${why}`);
    return { kind, seed, labels };
  } finally {
    await model.close();
  }
}

process.on("message", async ({ kind, seed }) => {
  const before = process.cpuUsage();
  const answer = kind === "planted" ? await measurePlanted(seed) : await nullModel(kind, seed);
  const { user, system } = process.cpuUsage(before);
  process.send({ ...answer, cpuSeconds: (user + system) / 1e6 });
});
process.send({ ready: true });
