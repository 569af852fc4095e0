/**
 * @file One measurement of memory in a process of its own: prints the plan and how much the peak (VmHWM) grew.
 * usage: node bench/peakMemory.js MODEL_DIR TOKENS ROWS [logits]
 */
import { writeFileSync } from "node:fs";
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { planMemory } from "../dist/runtime/memory.js";
import { prepare } from "../dist/runtime/prepare.js";
import { slice } from "../dist/graph/edits/slice.js";
import { builder } from "../dist/graph/builder.js";
import { tensor } from "../dist/base/tensor.js";
import { procBytes } from "./procBytes.js";

const [path, length, rows, ...flags] = process.argv.slice(2);
const peakBytes = () => procBytes("/proc/self/status", "VmHWM");

const model = await openModel(path);
const backend = await nativeBackend(2);
const last = `blocks.${model.architecture.layers - 1}.hook_resid_post`;
// The logits are reduced in the graph: what is measured is the run, not the copy of its result.
const b = builder(model.program);
const program = flags.includes("logits")
  ? slice(b.program([b.op("logSumExp", ["logits"], { axis: "d_vocab" }, "total")]), {
      outputs: ["total"],
    })
  : slice(model.program, { outputs: [last] });
const sizes = { batch: Number(rows), position: Number(length) };
const plan = planMemory(program, backend, sizes);
globalThis.gc?.();
writeFileSync("/proc/self/clear_refs", "5"); // the peak so far is forgotten
const before = peakBytes();
const session = await prepare(program, backend, sizes);
const tokens = tensor(
  ["batch", "position"],
  [sizes.batch, sizes.position],
  new Int32Array(sizes.batch * sizes.position).map(
    (_, index) => (index * 7919) % model.architecture.vocabulary,
  ),
);
for (let run = 0; run < 3; run++) await session.run(new Map([["tokens", tokens]]));
console.log(JSON.stringify({ ...plan, growthBytes: peakBytes() - before }));
process.exit();
