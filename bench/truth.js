/**
 * @file `npm run bench:truth`: labels against planted truth, `--quick` on few models, `--seed N` for other models.
 *
 * So far it measures the baseline that the verdict has to beat: the largest attention score over a threshold, and for
 * heads that attend like induction the sign of the OV circuit's copying. It runs no intervention and makes no verdict.
 */
import { nativeBackend } from "../dist/runtime/native.js";
import { labelQuality } from "../dist/measure/labelQuality.js";
import { modelFrom } from "../dist/models/families.js";
import { plantedModel } from "../dist/models/planted/population/plantedModel.js";
import { score } from "../dist/studies/score.js";

const quick = process.argv.includes("--quick");
const at = process.argv.indexOf("--seed");
const first = at < 0 ? 1000 : Number(process.argv[at + 1]);
const count = quick ? 12 : 200;
const THRESHOLD = 0.4;
const LABELS = {
  induction: "induction",
  previousToken: "previous-token",
  duplicateToken: "duplicate-token",
  firstToken: "first-token",
  currentToken: "current-token",
};

async function matrix(weights, name, head = 0) {
  const { source, offset, sizeBytes, shape } = weights.get(name);
  const all = new Float32Array((await source.read(offset, sizeBytes)).slice().buffer);
  const [rows, columns] = shape.slice(-2);
  return { rows, columns, data: all.subarray(head * rows * columns, (head + 1) * rows * columns) };
}

function product(a, b) {
  const data = new Float32Array(a.rows * b.columns);
  for (let row = 0; row < a.rows; row++)
    for (let inner = 0; inner < a.columns; inner++) {
      const value = a.data[row * a.columns + inner];
      for (let column = 0; column < b.columns; column++)
        data[row * b.columns + column] += value * b.data[inner * b.columns + column];
    }
  return { rows: a.rows, columns: b.columns, data };
}

/** How far W_E W_V W_O W_U lies higher on its diagonal than elsewhere, in standard deviations of its entries. */
async function copying(weights, layer, head) {
  const part = (name) => matrix(weights, `blocks.${layer}.attn.${name}`, head);
  const read = product(await matrix(weights, "embed.W_E"), await part("W_V"));
  const written = product(await part("W_O"), await matrix(weights, "unembed.W_U"));
  const { rows, data } = product(read, written);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length);
  let diagonal = 0;
  for (let token = 0; token < rows; token++) diagonal += data[token * rows + token] / rows;
  return deviation === 0 ? 0 : (diagonal - mean) / deviation;
}

async function baselineLabel(weights, scores, { layer, head }) {
  const [name, value] = Object.keys(LABELS)
    .map((key) => [key, scores[key][layer][head]])
    .sort((a, b) => b[1] - a[1])[0];
  if (value < THRESHOLD) return "other";
  if (name !== "induction") return LABELS[name];
  const sign = await copying(weights, layer, head);
  if (sign > 1) return "induction";
  return sign < -1 ? "anti-induction" : "attends-without-copying";
}

async function labelled(seed, backend) {
  const { config, weights, truth, circuit } = await plantedModel(seed);
  const model = {
    ...modelFrom(config, { weights, unsupported: new Map() }),
    id: `population:${seed}`,
    revision: null,
    sha256: "0".repeat(64),
    unchanged: async () => undefined,
  };
  const { scores } = await score(model, backend, { numExamples: 20, lossExamples: 0, seed });
  const heads = [];
  for (const head of truth)
    heads.push({
      truth: head.label,
      adversarial: head.adversarial,
      label: await baselineLabel(weights, scores, head),
    });
  return { heads, circuit };
}

const shown = (value) => value.toFixed(3);

function print(title, models) {
  const { confusion, labels, macro } = labelQuality(models);
  console.log(`\n${title}: ${models.flat().length} heads`);
  for (const [label, { f1, low, heads }] of Object.entries(labels))
    console.log(`  ${label.padEnd(24)} F1 ${shown(f1)}  low ${shown(low)}  heads ${heads}`);
  console.log(`  macro-F1 ${shown(macro.f1)}  low ${shown(macro.low)}`);
  console.log(`  confusion, truth -> label: ${JSON.stringify(confusion)}`);
}

const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:truth needs onnxruntime-node, which is not installed");
const models = [];
for (let seed = first; seed < first + count; seed++) models.push(await labelled(seed, backend));
const heads = models.map((model) => model.heads);
const adversarial = heads.map((all) => all.filter((head) => head.adversarial));
const share = adversarial.flat().length / heads.flat().length;
const cut = models.filter((model) => model.circuit === "cut");
const called = cut.filter((model) => model.heads.some((head) => head.label === "induction"));
console.log(
  `${count} models from seed ${first}; ${shown(share)} of heads adversarial (target >= .3)`,
);
print("baseline without interventions, all heads", heads);
print("baseline without interventions, adversarial heads", adversarial);
console.log(`\ncut models with an induction label: ${called.length} of ${cut.length} (target 0)`);
console.log("verdict: not measured by this command yet (targets: induction F1 .98, macro .95)");
