/**
 * @file Puts a finished run into the zoo: `node tools/addToZoo.js NAME RUN [STEP ...]` copies its recipe, its log and the
 * checkpoints (those of the given steps, or all) to zoo/NAME and writes what `score` finds into zoo/zoo.json. What is said
 * of the model in words is written there by hand.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, score, scoreStacks } from "../dist/index.js";

const [name, run, ...stepArgs] = process.argv.slice(2);
if (!name || !run) throw new Error("addToZoo needs NAME and RUN");
const zoo = join(import.meta.dirname, "../zoo");
const to = join(zoo, name);
rmSync(to, { recursive: true, force: true });
for (const file of ["recipe.json", "log.jsonl"]) cpSync(join(run, file), join(to, file));
const all = readdirSync(join(run, "checkpoints")).sort();
const chosenSteps = all.filter(
  (step) => stepArgs.length === 0 || stepArgs.map(Number).includes(Number(step.slice(5))),
);
for (const step of chosenSteps)
  cpSync(join(run, "checkpoints", step), join(to, "checkpoints", step), { recursive: true });

const last = join(to, "checkpoints", chosenSteps.at(-1));
const model = await load(last);
const { scores, loss } = model.architecture.stacks ? await across() : await within();
const parameters = model.program.weights.reduce(
  (sum, { axes }) => sum + axes.reduce((product, { size }) => product * size, 1),
  0,
);
await model.close();
const rounded = (value) => Math.round(value * 1000) / 1000;
async function within() {
  return score(model, { lossExamples: "all", threads: 1 });
}

/** Of an encoder-decoder: alignment of cross heads, previous-token heads of the encoder, and losses of the copy across. */
async function across() {
  const { parts, loss: copy } = await scoreStacks(model, { lossExamples: "all", threads: 1 });
  const of = (direction, name) =>
    parts
      .find((part) => part.direction === direction)
      .scores.find((measure) => measure.name === name).values;
  return {
    scores: { induction: of("across", "alignment"), previousToken: of("back", "previousToken") },
    loss: { firstCopy: copy.other.mean, secondCopy: copy.copied.mean },
  };
}

/** Heads that give the measure at least half their attention. */
const strong = (byHead) =>
  Object.fromEntries(
    byHead
      .flatMap((heads, layer) => heads.map((value, head) => [`${layer}.${head}`, rounded(value)]))
      .filter(([, value]) => value >= 0.5),
  );

const path = join(zoo, "zoo.json");
const index = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
index[name] = {
  about: index[name]?.about ?? "",
  known: index[name]?.known ?? "",
  ...(model.architecture.stacks && { copiesAcross: true }),
  scores: {
    induction: strong(scores.induction),
    previousToken: strong(scores.previousToken),
    firstCopyLoss: rounded(loss.firstCopy),
    secondCopyLoss: rounded(loss.secondCopy),
  },
  parameters,
  steps: chosenSteps.map((step) => Number(step.slice(5))),
  files: readdirSync(last).sort(),
};
writeFileSync(path, `${JSON.stringify(index, null, 2)}\n`);
process.exit(0);
