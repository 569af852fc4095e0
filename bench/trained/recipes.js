/**
 * @file The models of `npm run bench:trained`: a number gives the recipe. Numbers go through every combination of what can be
 * varied in an order that is mixed but fixed, so that any first N of them are a fair sample.
 */
import { recipeFrom } from "../../dist/train.js";

const PARTS = {
  shape: [
    { layers: 2, heads: 4 },
    { layers: 3, heads: 3, dModel: 48 },
    { layers: 2, heads: 5, dModel: 80 },
    { layers: 3, heads: 2 },
  ],
  positions: ["rotary", "shortformer", "learned"],
  norm: ["LN", "RMS", null],
  dMlp: [null, 128],
  data: [
    { kind: "periodic", minPeriod: 4, maxPeriod: 32 },
    { kind: "bigram", repeats: 0.3, minSpan: 4, maxSpan: 24 },
  ],
};
/** From this number on positions are linear biases: they came later, and in the list above would have made every model another. */
const ALIBI_FROM = 60;
/** Most steps; a model that copies stops before. */
const STEPS = 2000;
const EVERY = 25;
/** Nats of copy gain at which a model copies, of the 4.2 that a loss of log 64 has room for. */
export const COPIES = 3.5;

/** @returns the recipe, and how the report groups the model */
export function recipeOf(number) {
  const { shape, positions, norm, dMlp, data } = partsOf(number);
  const recipe = recipeFrom({
    model: { dModel: 64, ...shape, positions, norm, dMlp },
    data,
    optimiser: { learningRate: 0.004 },
    steps: STEPS,
    seed: number,
    logEvery: EVERY,
    checkpoints: Array.from({ length: STEPS / EVERY + 1 }, (_, at) => at * EVERY),
  });
  const about = {
    layers: `${shape.layers} layers`,
    positions,
    norm: norm ?? "no norm",
    parts: dMlp ? "with MLPs" : "attention only",
    data: data.kind,
  };
  return { recipe, about };
}

/** Each part goes through its choices at a pace of its own; the first 144 numbers give 120 combinations, each seed its own weights. */
function partsOf(number) {
  const at = (name, index) => PARTS[name][index % PARTS[name].length];
  return {
    shape: at("shape", number + Math.floor(number / 12)),
    positions: number < ALIBI_FROM ? at("positions", number) : "alibi",
    norm: at("norm", number + Math.floor(number / 3)),
    dMlp: at("dMlp", number + Math.floor(number / 4)),
    data: at("data", Math.floor(number / 2)),
  };
}
