/**
 * @file `npm run bench:truth`: labels against planted truth, `--quick` on few models, `--seed N` for other models.
 *
 * So far it measures the baseline that the verdict has to beat (bench/truth/baseline.js). It runs no intervention and makes
 * no verdict.
 */
import { nativeBackend } from "../dist/runtime/native.js";
import { labelQuality } from "../dist/measure/labelQuality.js";
import { modelFrom } from "../dist/models/families.js";
import { plantedModel } from "../dist/models/planted/population/plantedModel.js";
import { baselineLabels } from "./truth/baseline.js";

const quick = process.argv.includes("--quick");
const at = process.argv.indexOf("--seed");
const first = at < 0 ? 1000 : Number(process.argv[at + 1]);
const count = quick ? 12 : 200;
async function labelled(seed, backend) {
  const { config, weights, truth, circuit } = plantedModel(seed);
  const model = {
    ...modelFrom(config, { weights, unsupported: new Map() }),
    id: `population:${seed}`,
    revision: null,
    sha256: "0".repeat(64),
    unchanged: async () => undefined,
  };
  const labels = await baselineLabels(model, backend, seed);
  const heads = truth.map(({ layer, head, label, adversarial }) => ({
    truth: label,
    adversarial,
    label: labels[layer][head],
  }));
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
