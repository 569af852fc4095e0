/**
 * @file `npm run bench:scans`: what induction gains scans have that do no induction, by which the verdict's threshold for
 * state-space units is set. Null models: Mamba and Mamba-2 with random weights of three sizes, the same with time steps and rates drawn
 * over four decades, and a trained Mamba-2 where nothing repeats and with its convolution cut. Exit code 1 if more than 1 model of 20 has a unit
 * that counts.
 *
 * `--models N` of each kind (default 10). `--trained FOLDER`: a trained Mamba-2 (default zoo:mamba2).
 */
import { random } from "../dist/base/random.js";
import { bytesInMemory } from "../dist/base/bytes.js";
import { openChain } from "../dist/interventions/chain.js";
import { SCAN_HOOKS } from "../dist/interventions/units.js";
import { attentionEvidence } from "../dist/measure/verdict/attention.js";
import { attendsLikeInduction } from "../dist/measure/verdict/rules.js";
import { modelFrom } from "../dist/models/families.js";
import { modelInMemory } from "../dist/models/inMemory.js";
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { attentionRuns } from "../dist/studies/verdict/attentionRuns.js";
import { verdictRows } from "../dist/studies/verdict/verdictRows.js";
import { mamba2Config, mamba2Shapes } from "../dist/training/freshMamba2.js";
import { withoutTaps } from "../dist/studies/verdict/convolutionRuns.js";
import { anatomy } from "../dist/models/anatomy/anatomy.js";

const valueOf = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const models = Number(valueOf("--models", 10));
const COUNTS = { attention: 30, causal: 1, screening: 1, reference: 1, worth: 1 };
const OTHER_SEED = 5_000_011;
const backend = await nativeBackend(1);

function loaded(id, config, shapes, valueOfWeight) {
  const weights = new Map();
  for (const [name, shape] of shapes) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let index = 0; index < data.length; index++) data[index] = valueOfWeight(name, shape);
    const bytes = new Uint8Array(data.buffer);
    weights.set(name, {
      ...{ type: "F32", shape, source: bytesInMemory(name, bytes), offset: 0 },
      sizeBytes: data.byteLength,
    });
  }
  return modelInMemory(modelFrom(config, { weights, unsupported: new Map() }), {
    ...{ id, sha256: "0".repeat(64) },
  });
}

/** Weights of `scale` / sqrt(inputs); rates and time steps as they begin, or over four decades. */
function drawn(seed, scale, wide) {
  const draw = random(seed, 11);
  const decade = (low, high) => low + (high - low) * draw.uniform();
  return (name, shape) => {
    if (/norm(_f)?\.weight$/.test(name)) return 1;
    if (name.endsWith("A_log")) return wide ? decade(-6, 3) : decade(0, 2.5);
    if (/dt_(bias|proj\.bias)$/.test(name)) return wide ? decade(-8, 1.5) : decade(-7, -2);
    if (/\.D$/.test(name)) return 1;
    if (name.endsWith("conv1d.weight")) return 0.5 * scale * draw.normal();
    return (scale * draw.normal()) / Math.sqrt(shape.at(-1));
  };
}

const VOCABULARY = 64;

function mamba2(seed, scale, wide) {
  const draw = random(seed, 12);
  const heads = draw.integer(2, 8);
  const shape = {
    family: /** @type {const} */ ("mamba2"),
    ...{ vocabulary: VOCABULARY, contextLength: 64, heads },
    ...{ layers: draw.integer(1, 3), dModel: 8 * heads, states: draw.integer(4, 48) },
  };
  return loaded(
    `mamba2:${seed}`,
    mamba2Config(shape),
    mamba2Shapes(shape),
    drawn(seed, scale, wide),
  );
}

function mamba(seed, scale, wide) {
  const draw = random(seed, 13);
  const [width, states, rank, layers] = [8, draw.integer(4, 16), 2, draw.integer(1, 2)];
  const channels = 2 * width;
  const config = {
    ...{ model_type: "mamba", hidden_size: width, state_size: states, time_step_rank: rank },
    ...{ num_hidden_layers: layers, vocab_size: VOCABULARY, tie_word_embeddings: true },
  };
  const shapes = new Map([["backbone.embeddings.weight", [VOCABULARY, width]]]);
  for (let layer = 0; layer < layers; layer++) {
    const at = `backbone.layers.${layer}`;
    shapes.set(`${at}.norm.weight`, [width]);
    shapes.set(`${at}.mixer.in_proj.weight`, [2 * channels, width]);
    shapes.set(`${at}.mixer.conv1d.weight`, [channels, 1, 4]);
    shapes.set(`${at}.mixer.conv1d.bias`, [channels]);
    shapes.set(`${at}.mixer.x_proj.weight`, [rank + 2 * states, channels]);
    shapes.set(`${at}.mixer.dt_proj.weight`, [channels, rank]);
    shapes.set(`${at}.mixer.dt_proj.bias`, [channels]);
    shapes.set(`${at}.mixer.A_log`, [channels, states]);
    shapes.set(`${at}.mixer.D`, [channels]);
    shapes.set(`${at}.mixer.out_proj.weight`, [width, channels]);
  }
  shapes.set("backbone.norm_f.weight", [width]);
  return loaded(`mamba:${seed}`, config, shapes, drawn(seed, scale, wide));
}

/** The evidence of every unit; `control`: on rows in which nothing repeats. */
async function evidenceOf(model, seed, control) {
  const rows = await verdictRows(model.architecture, { seed }, COUNTS);
  const others = control
    ? await verdictRows(model.architecture, { seed: seed + OTHER_SEED }, COUNTS)
    : null;
  const chain = await openChain(model, backend, {
    ...{ hooks: SCAN_HOOKS, watched: ["attn.hook_pattern"], metrics: ["centred-logit"] },
    length: rows.causal.clean.shape[1],
    ...{ positions: rows.causal.positions.length, signal: undefined },
  });
  try {
    const periods = [];
    for (const [at, period] of rows.attention.entries()) {
      const shownRows = others ? { ...period, repeated: others.attention[at].disjoint } : period;
      periods.push(
        await attentionRuns({ chain, model, log: undefined }, shownRows, at === 0, () => undefined),
      );
    }
    return attentionEvidence(periods, { seed, isScan: () => true });
  } finally {
    await chain.close();
  }
}

const trained = await openModel(valueOf("--trained", "zoo:mamba2"));
const cut = () => {
  const { layers } = anatomy(trained.program, trained.architecture);
  const program = layers.reduce(
    (before, { attention }) => withoutTaps(before, attention.scan.convolution),
    trained.program,
  );
  return { ...trained, program };
};
/** @typedef {[string, (seed: number) => import("../dist/models/loadedModel.js").LoadedModel, boolean]} Kind name, how to make one, whether nothing repeats */

/** @type {Kind[]} */
const KINDS = [
  ...[1, 2, 4].flatMap(
    (scale) =>
      /** @type {Kind[]} */ ([
        [`mamba2, weights x ${scale}`, (seed) => mamba2(seed, scale, false), false],
        [`mamba2, weights x ${scale}, wide`, (seed) => mamba2(seed, scale, true), false],
        [`mamba, weights x ${scale}`, (seed) => mamba(seed, scale, false), false],
        [`mamba, weights x ${scale}, wide`, (seed) => mamba(seed, scale, true), false],
      ]),
  ),
  ["trained, nothing repeats", () => trained, true],
  ["trained, convolution cut", () => cut(), false],
];

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
const all = [];
let [counted, total] = [0, 0];
for (const [kind, make, control] of KINDS) {
  const gains = [];
  let wrong = 0;
  const repeats = control || kind.endsWith("cut") ? Math.max(1, Math.ceil(models / 4)) : models;
  for (let seed = 0; seed < repeats; seed++) {
    const evidence = await evidenceOf(make(seed), seed, control);
    gains.push(...evidence.map(({ induction }) => induction.low ?? induction.value));
    if (evidence.some((each) => attendsLikeInduction(each))) wrong++;
  }
  gains.sort((a, b) => a - b);
  all.push(...gains);
  counted += wrong;
  total += repeats;
  const shown = [0.5, 0.95, 0.99, 0.999].map((share) => quantile(gains, share).toFixed(4));
  console.log(
    `${kind.padEnd(30)} ${String(gains.length).padStart(5)} units  median ${shown[0]}  95 % ${shown[1]}  99 % ${shown[2]}  99.9 % ${shown[3]}  most ${gains.at(-1).toFixed(4)}  counted in ${wrong} of ${repeats} models`,
  );
}
all.sort((a, b) => a - b);
console.log(
  `all: ${all.length} units, lower bounds of the gain: 99 % ${quantile(all, 0.99).toFixed(4)}, 99.9 % ${quantile(all, 0.999).toFixed(4)}, most ${all.at(-1).toFixed(4)}; counted in ${counted} of ${total} models`,
);
const repeatsOf = await evidenceOf(trained, 1, false);
console.log(
  `trained, on repeats: ${repeatsOf.map(({ induction }) => `${induction.value.toFixed(3)} (low ${(induction.low ?? 0).toFixed(3)})`).join(", ")}`,
);
process.exit(counted * 20 > total ? 1 : 0);
