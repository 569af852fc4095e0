/** @file Whether and when the models of the issue learn induction, over seeds, and that the control does not. */
import { loadFiles, verdict } from "../../dist/browser.js";
import { checkpointFiles } from "../../dist/train.js";
import { nativeBackend } from "../../dist/runtime/native.js";
import { recipeFrom } from "../../dist/training/recipe.js";
import { train } from "../../dist/training/train.js";
import { row } from "../statistics.js";
import { processorMs } from "./steps.js";

const INDUCTION = 0.8;
const SECOND_COPY = 0.2;
const seedsOf = (quick) => (quick ? [0] : [0, 1, 2, 3, 4]);

/** Whether the verdict has an induction head that reads a previous-token head. */
async function verdictOf(recipe, weights, backend) {
  const files = [...checkpointFiles(recipe, weights)].map(([name, content]) => ({
    name,
    blob: new Blob([/** @type {BlobPart} */ (content)]),
  }));
  const model = await loadFiles(files);
  const { heads, circuit } = await verdict(model, { backend });
  const label = (name) => heads.find(({ layer, head }) => `${layer}.${head}` === name).label;
  return circuit.edges.some(
    ({ from, to }) => label(to) === "induction" && label(from) === "previous-token",
  );
}

/** Seconds and step at which a head scores .8 and the second copy's loss is a fifth of the first's; null if it never is. */
async function timeToInduction(input, least = INDUCTION) {
  const recipe = recipeFrom({ ...input, logEvery: 25, checkpoints: [] });
  const [began, wallBegan] = [processorMs(), performance.now()];
  let best = 0;
  const backend = await nativeBackend(1);
  for await (const { step, scores, weights } of train(recipe, backend)) {
    if (!scores) continue;
    best = Math.max(best, scores.best.induction.score);
    const learned = scores.secondCopyLoss <= SECOND_COPY * scores.firstCopyLoss;
    if (learned && scores.best.induction.score >= least)
      return {
        step,
        seconds: (processorMs() - began) / 1000,
        wall: (performance.now() - wallBegan) / 1000,
        best,
        proven: await verdictOf(recipe, weights(), backend),
      };
  }
  return { step: null, seconds: null, wall: null, best, proven: false };
}

export async function inductionRows({ quick, told: say }) {
  const seeds = seedsOf(quick);
  const results = [];
  for (const seed of seeds) {
    const result = await timeToInduction({ seed });
    say(`  seed ${seed}: ${JSON.stringify(result)}`);
    results.push(result);
  }
  const learned = results.filter(({ seconds }) => seconds !== null);
  const proven = results.filter((result) => result.proven).length;
  const slowest = Math.max(...learned.map(({ seconds }) => seconds));
  const wall = Math.max(...learned.map((each) => each.wall));
  return [
    row(
      `two layers: seeds with a head of ${INDUCTION} and a second copy of a fifth`,
      `${learned.length} of ${seeds.length}, at step ${learned.map(({ step }) => step).join(", ")}`,
      "all",
      learned.length === seeds.length,
    ),
    row(
      "  of which the verdict has induction that reads a previous-token head",
      `${proven} of ${seeds.length}`,
      "all",
      proven === seeds.length,
    ),
    row(
      "  seconds of one processor, the slowest seed",
      slowest.toFixed(0),
      "<= 60",
      slowest <= 60,
      `(${wall.toFixed(0)} s on the clock)`,
    ),
  ];
}

export async function controlRows({ quick, told: say }) {
  const bests = [];
  for (const seed of seedsOf(quick)) {
    const { best } = await timeToInduction({ seed, steps: 1000, model: { layers: 1 } });
    say(`  seed ${seed}: ${best.toFixed(3)}`);
    bests.push(best);
  }
  const most = Math.max(...bests);
  const what = "one layer, the control: its best head of all seeds";
  return [row(what, most.toFixed(2), "<= 0.2", most <= 0.2)];
}

export async function smearedRows() {
  const { step } = await timeToInduction({ model: { layers: 1, smearedKeys: true } }, 0.5);
  const what = "one layer with smeared keys: step with a head of 0.5 and a second copy of a fifth";
  return [row(what, String(step), "<= 1500", step !== null)];
}
