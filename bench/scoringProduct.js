/**
 * @file What reducing attention to scores costs: a product of the whole tables with the whole patterns, as it once was, beside
 * the entries that the tables read, as it is. Counted from the Program, and timed in turn in one process.
 * usage: node bench/scoringProduct.js [PAIRS] [cpu|wasm|webgpu]
 *
 * `whole` runs 4 layers of GPT-2's width; operations are multiply-adds of one sequence and one layer, from the Program.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tensor } from "../dist/base/tensor.js";
import {
  attentionTableFeeds,
  withAttentionScores,
} from "../dist/graph/edits/withAttentionScores.js";
import { builder } from "../dist/graph/builder.js";
import { lower } from "../dist/graph/onnx/lower.js";
import { prune } from "../dist/graph/program.js";
import { attentionTables } from "../dist/measure/attentionTables.js";
import { openModel } from "../dist/models/open.js";
import { multiplyAdds, rowsPerRun } from "../dist/runtime/chunks.js";
import { openBackend } from "../dist/runtime/openBackend.js";
import { prepare } from "../dist/runtime/prepare.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { median } from "./statistics.js";
import { withWholeTables } from "./wholeTables.js";

const [pairs = "5", device = "cpu"] = process.argv.slice(2);
const [LAYERS, MEASURES, HEADS] = [4, 5, 12];
const { backend } = await openBackend(/** @type {"cpu"} */ (device));
const folder = mkdtempSync(join(tmpdir(), "scoring-product-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const model = await openModel(await gpt2Shape(folder, "F32", { layers: LAYERS, vocabulary: 1024 }));

const KINDS = {
  tables: (program) => prune(withWholeTables(program, { layers: LAYERS, measures: MEASURES })),
  entries: (program) =>
    prune(withAttentionScores({ ...program, outputs: [] }, { layers: LAYERS, measures: MEASURES })),
};

/** The product alone, of a pattern that is fed. */
function alone(kind) {
  const b = builder();
  const axes = { batch: "batch", head: HEADS, query: "position", key: "position" };
  const patterns = Array.from({ length: LAYERS }, (_, layer) => {
    b.input(`p${layer}`, "float32", axes);
    return b.rename(`p${layer}`, {}, `blocks.${layer}.attn.hook_pattern`);
  });
  return KINDS[kind](b.program(patterns));
}

async function measure(length) {
  const start = 0;
  const tables = attentionTables({ start, period: length / 2, length });
  const feeds = { tables: [["tables", tables]], entries: attentionTableFeeds(tables) };
  const entry = feeds.entries[0][1].shape[0];
  const sizes = { batch: 1, position: length, entry };
  const rows = rowsPerRun(KINDS.entries(model.program), backend, length);
  const ids = Int32Array.from({ length: rows * length }, (_, at) => (at * 7919) % 1024);
  const tokens = tensor(["batch", "position"], [rows, length], ids);
  const pattern = tensor(
    ["batch", "head", "query", "key"],
    [rows, HEADS, length, length],
    new Float32Array(rows * HEADS * length * length).fill(1 / length),
  );
  const patterns = Array.from({ length: LAYERS }, (_, layer) => [`p${layer}`, pattern]);
  const sessions = [];
  for (const kind of Object.keys(KINDS)) {
    const [product, whole] = [alone(kind), KINDS[kind](model.program)];
    sessions.push({
      kind,
      operations: multiplyAdds(product, sizes) / LAYERS,
      nodes: lower(whole, { fusedMatMul: device !== "webgpu" }).nodes.length,
      product: await prepare(product, backend),
      whole: await prepare(whole, backend),
      times: { product: [], whole: [] },
    });
  }
  for (let pair = -1; pair < Number(pairs); pair++)
    for (const { kind, product, whole, times } of sessions) {
      const ms = {
        product: await timed(product, new Map([...patterns, ...feeds[kind]])),
        whole: await timed(whole, new Map([["tokens", tokens], ...feeds[kind]])),
      };
      if (pair < 0) continue; // the first run of a session allocates
      for (const name of ["product", "whole"]) times[name].push(ms[name]);
    }
  const ratio = (name) =>
    median(sessions[0].times[name].map((ms, pair) => sessions[1].times[name][pair] / ms));
  for (const { kind, operations, nodes, times } of sessions)
    console.log(
      [
        `${length} tokens x ${rows}`.padEnd(18),
        kind.padEnd(9),
        `${operations} multiply-adds`.padEnd(28),
        `${nodes} nodes`.padEnd(11),
        `product ${(median(times.product) / LAYERS).toFixed(2)} ms a layer`.padEnd(28),
        `whole ${median(times.whole).toFixed(1)} ms`,
      ].join(" "),
    );
  console.log(
    `${length} tokens: entries / tables, median of pairs: product ${ratio("product").toFixed(2)}, whole ${ratio("whole").toFixed(2)}`,
  );
  for (const { product, whole } of sessions) {
    await product.close();
    await whole.close();
  }
}

async function timed(session, feeds) {
  const begin = performance.now();
  await session.run(feeds);
  return performance.now() - begin;
}

for (const length of [64, 512]) await measure(length);
process.exit();
