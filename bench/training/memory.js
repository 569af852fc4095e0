/** @file Whether memory stays flat over the steps of the default recipe. */
import * as ortWeb from "onnxruntime-web";
import { nativeBackend } from "../../dist/runtime/native.js";
import { wasmBackend } from "../../dist/runtime/wasm.js";
import { recipeFrom } from "../../dist/training/recipe.js";
import { train } from "../../dist/training/train.js";
import { row } from "../statistics.js";

/** Resident bytes at a step, garbage collected. */
async function residentAt(backend, steps) {
  const recipe = recipeFrom({ steps: steps.at(-1), checkpoints: [], logEvery: 100 });
  const resident = [];
  for await (const { step } of train(recipe, backend)) {
    if (!steps.includes(step)) continue;
    globalThis.gc?.();
    resident.push(process.memoryUsage().rss);
  }
  return resident;
}

export async function memoryRows({ told: say }) {
  const rows = [];
  for (const [name, backend, steps] of [
    ["native", await nativeBackend(1), [500, 5000]],
    ["WASM", wasmBackend(ortWeb), [500, 1500]],
  ]) {
    say(`  ${name}, ${steps[1]} steps`);
    const [early, late] = await residentAt(backend, steps);
    const growth = late / early;
    const what = `memory at step ${steps[1].toLocaleString("en")} / at step ${steps[0]}, ${name}`;
    const note = `(${(late / 1e6).toFixed(0)} MB)`;
    rows.push(row(what, growth.toFixed(2), "<= 1.1", growth <= 1.1, note));
  }
  return rows;
}
