/**
 * @file `npm run bench:dispatches`: how many kernels a device is given for a run of scores, as its own profile counts them, with the
 * product of whole tables, as it once was, and with the entries that they read, as it is. No GPU is needed, a software adapter counts the
 * same (on Linux Chromium's, see .ci/run). What that product takes is said by `bench:scoring`.
 * usage: node bench/dispatches.js [--device NAME] [--layers N]
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import ort from "onnxruntime-node";
import { tensor } from "../dist/base/tensor.js";
import {
  attentionTableFeeds,
  withAttentionScores,
} from "../dist/graph/edits/withAttentionScores.js";
import { prune } from "../dist/graph/program.js";
import { attentionTables } from "../dist/measure/attentionTables.js";
import { openModel } from "../dist/models/open.js";
import { openBackend } from "../dist/runtime/openBackend.js";
import { prepare } from "../dist/runtime/prepare.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { withWholeTables } from "./wholeTables.js";

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "webgpu" },
    layers: { type: "string", default: "2" },
  },
});
const [ROWS, LENGTH, MEASURES, RUNS] = [2, 64, 5, 2];
const layers = Number(values.layers);
const folder = mkdtempSync(join(tmpdir(), "dispatches-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// Sessions are made as the runtime makes them, and write a profile as well.
const create = ort.InferenceSession.create.bind(ort.InferenceSession);
const profiled = [];
const withProfile = async (model, options) => {
  const profileFilePrefix = join(folder, `profile-${profiled.length}`);
  const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix });
  profiled.push({ session, profileFilePrefix });
  return session;
};
ort.InferenceSession.create = /** @type {typeof create} */ (withProfile);

const { backend } = await openBackend(/** @type {"webgpu"} */ (values.device));
const model = await openModel(await gpt2Shape(folder, "F32", { layers, vocabulary: 512 }));
const tables = attentionTables({ start: 0, period: LENGTH / 2, length: LENGTH });
const edit = { layers, measures: MEASURES };
const kinds = {
  "whole tables": {
    edited: withWholeTables(model.program, edit),
    feeds: new Map([["tables", tables]]),
  },
  "entries that are read": {
    edited: withAttentionScores({ ...model.program, outputs: [] }, edit),
    feeds: new Map(attentionTableFeeds(tables)),
  },
};
const ids = new Int32Array(ROWS * LENGTH).map((_, at) => (at * 7919) % 512);
const tokens = tensor(["batch", "position"], [ROWS, LENGTH], ids);

console.log(`GPT-2's shape, ${layers} layers, ${ROWS} x ${LENGTH} tokens, ${values.device}`);
for (const [kind, { edited, feeds }] of Object.entries(kinds)) {
  const program = prune(edited);
  const session = await prepare(program, backend);
  const { session: own, profileFilePrefix } = profiled.at(-1);
  for (let run = 0; run < RUNS; run++) await session.run(new Map([["tokens", tokens], ...feeds]));
  own.endProfiling();
  await session.close();
  const { dispatches, onDevice, onProcessor } = counted(profileFilePrefix);
  console.log(
    `${kind.padEnd(22)} ${dispatches} dispatches a run (${onDevice} operations on the device, ${onProcessor} on the processor)`,
  );
}
process.exit();

/** A device's own kernels are events of kind "Api"; operations are nodes, by who ran them. */
function counted(prefix) {
  const file = readdirSync(folder).find((name) => join(folder, name).startsWith(prefix));
  const events = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const nodes = events.filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
  const perRun = (some) => some.length / RUNS;
  const isProcessor = ({ args }) => args.provider === "CPUExecutionProvider";
  return {
    dispatches: perRun(events.filter(({ cat }) => cat === "Api")),
    onDevice: perRun(nodes.filter((node) => !isProcessor(node))),
    onProcessor: perRun(nodes.filter(isProcessor)),
  };
}
