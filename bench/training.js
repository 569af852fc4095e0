/**
 * @file `npm run bench:training [-- ROW ...] [--quick]`: every number of training that the documents claim, each with its
 * target beside it. Rows by name: torch, wasm, memory, induction, control, smeared; all of them without a name, each of them
 * in under nine minutes. Change points and their rates are `bench:phase`.
 *
 * Times are processor time of one thread, which other work on the machine disturbs least. A step is compared with PyTorch's
 * where INDUCTION_LENS_TORCH (or INDUCTION_LENS_TL) names a Python that has 2.4 or newer (fused AdamW) and
 * ../shared/baselines is there. `--quick` takes one seed and fewer pairs.
 */
import { controlRows, inductionRows, smearedRows } from "./training/induction.js";
import { memoryRows } from "./training/memory.js";
import { torchRows, wasmRows } from "./training/steps.js";
import { table } from "./statistics.js";

const ROWS = {
  torch: torchRows,
  wasm: wasmRows,
  memory: memoryRows,
  induction: inductionRows,
  control: controlRows,
  smeared: smearedRows,
};

const args = process.argv.slice(2);
const quick = args.includes("--quick");
const rowNames = args.filter((arg) => arg !== "--quick");
const unknown = rowNames.filter((name) => !(name in ROWS));
if (unknown.length > 0) {
  console.error(`there are ${Object.keys(ROWS).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}
const say = (line) => process.stderr.write(`${line}\n`);
const rows = [];
for (const name of rowNames.length > 0 ? rowNames : Object.keys(ROWS)) {
  say(`${name} ...`);
  rows.push(...(await ROWS[name]({ quick, told: say })));
}
console.log(table(rows));
process.exit(rows.some(({ met }) => met === false) ? 1 : 0);
