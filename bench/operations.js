/**
 * @file `npm run bench:operations [-- MODEL]`: multiply-adds of 100 sequences of 64 tokens, of which 10 give losses, counted from
 * the Program: everything that the model computes, less step by step what no output of `score` needs. Nothing is timed.
 * Without MODEL: GPT-2 small's shape.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  attentionTableFeeds,
  withAttentionScores,
} from "../dist/graph/edits/withAttentionScores.js";
import { withTokenLoss } from "../dist/graph/edits/withTokenLoss.js";
import { lower } from "../dist/graph/onnx/lower.js";
import { prune } from "../dist/graph/program.js";
import { attentionTables } from "../dist/measure/attentionTables.js";
import { openModel } from "../dist/models/open.js";
import { multiplyAdds } from "../dist/runtime/chunks.js";
import { scoreProgram } from "../dist/studies/score/scoreProgram.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { table } from "./statistics.js";
import { withWholeTables } from "./wholeTables.js";

const [SEQUENCES, LOSSES, LENGTH, MEASURES] = [100, 10, 64, 5];
const folder = mkdtempSync(join(tmpdir(), "operations-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const model = await openModel(process.argv[2] ?? (await gpt2Shape(folder, "BF16")));
const { program, architecture } = model;
const bare = { ...program, outputs: [] };

const start = architecture.bosToken === null ? 0 : 1;
const length = LENGTH + start;
const tables = attentionTables({ start, period: LENGTH / 2, length });
const entry = attentionTableFeeds(tables)[0][1].shape[0];
const sizes = { batch: SEQUENCES, position: length, entry, loss_rows: LOSSES };
const scored = withAttentionScores(bare, { layers: architecture.layers, measures: MEASURES });
const steps = {
  "all values of all sequences": withTokenLoss(
    withWholeTables(bare, { layers: architecture.layers, measures: MEASURES }),
    architecture.vocabulary,
  ),
  "only the entries of patterns that scores read": withTokenLoss(scored, architecture.vocabulary),
  [`last layer and unembedding for ${LOSSES} sequences alone: what score runs`]: scoreProgram(
    program,
    architecture,
    { measures: MEASURES, withLoss: true },
  ),
  "scores without losses": scoreProgram(program, architecture, {
    measures: MEASURES,
    withLoss: false,
  }),
};
const whole = multiplyAdds(prune(Object.values(steps)[0]), sizes);
const rows = Object.entries(steps).map(([what, edited]) => {
  const pruned = prune(edited);
  const count = multiplyAdds(pruned, sizes);
  return {
    what,
    got: `${(count / 1e9).toFixed(1)} billion multiply-adds, ${((100 * count) / whole).toFixed(1)} %`,
    target: "",
    met: null,
    note: `${lower(pruned, { fusedMatMul: true }).nodes.length} nodes`,
  };
});
console.log(
  `${process.argv[2] ?? "GPT-2 small's shape"}, ${SEQUENCES} x ${length} tokens\n\n${table(rows)}`,
);
await model.close();
