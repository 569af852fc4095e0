/** @file Trains and measures one model per message: { number } in, both of its moments out. Runs in a process of its own. */
import { join } from "node:path";
import { nativeBackend } from "../../dist/runtime/native.js";
import { openModel } from "../../dist/models/open.js";
import { measuredOnce } from "../measuredOnce.js";
import { verdictHash } from "../verdictHash.js";
import { trainedModel } from "./folder.js";
import { baselinesOf, pathsOf, valuesOf, verdictOf } from "./measures.js";
import { recipeOf } from "./recipes.js";

const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:trained needs onnxruntime-node, which is not installed");

const code = verdictHash();

async function measureRun({ folder, ...at }, number) {
  const model = await openModel(folder);
  const once = (name, measure) =>
    measuredOnce(join(folder, `${name}.json`), () => measure(model, backend, number));
  try {
    return {
      ...at,
      truth: {
        ...(await once("values", valuesOf)),
        edges: await once("paths", pathsOf),
      },
      verdict: await once(`verdict-${code}`, verdictOf),
      baselines: await once("baselines", baselinesOf),
    };
  } finally {
    await model.close();
  }
}

process.on("message", async ({ number }) => {
  const { recipe, about } = recipeOf(number);
  const moments = [];
  for (const moment of await trainedModel(recipe, backend))
    moments.push(await measureRun(moment, number));
  process.send({ number, about, moments });
});
process.send({ ready: true });
