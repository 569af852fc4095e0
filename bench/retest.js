/**
 * @file `npm run bench:retest [-- --model NAMES --seeds N --quick | --full | --both]`: the verdict of one model again and again with
 * other random rows. How many heads keep their label, which labels flip, and whether heads that flip are flagged `undecided`;
 * with --both also whether `--quick` says what the full verdict says. Verdicts are kept in .bench/retest as long as the code
 * that they come from is the same, so a run that was interrupted, or asked for more seeds, goes on. Without a model:
 * SmolLM2-135M and Gemma 3 270M, where ../shared has them, and zoo:attn-2l. `--docs` writes the table into docs/benchmark.md.
 *
 * `--pool N`: in place of that how far labels by attention agree between draws of 14, 20, 28 and 56 of N rows.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { plural } from "../dist/base/plural.js";
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { verdict } from "../dist/studies/verdict/verdict.js";
import { measuredOnce } from "./measuredOnce.js";
import { writeDocsTable } from "./docsTable.js";
import { agreement, between } from "./retest/agreement.js";
import { agreementByRows } from "./retest/byRows.js";
import { row, table } from "./statistics.js";
import { verdictHash } from "./verdictHash.js";

const valueOf = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const has = (name) => process.argv.includes(name);
const data = join(import.meta.dirname, "../../shared/data");
const USUAL = [
  join(data, "smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"),
  join(data, "gemma3-270m/gemma-3-270m.v40960.Q4_K_M.gguf"),
].filter(existsSync);
const models = valueOf("--model")?.split(",") ?? [...USUAL, "zoo:attn-2l"];
const seeds = Number(valueOf("--seeds") ?? 10);
const kinds = has("--both") ? ["quick", "full"] : [has("--full") ? "full" : "quick"];

const folder = join(import.meta.dirname, "../.bench/retest");
const backend = await nativeBackend(Number(valueOf("--threads") ?? 1));
if (!backend) throw new Error("bench:retest needs onnxruntime-node, which is not installed");

const code = verdictHash();

function verdictOnce(model, kind, seed) {
  const file = join(folder, `${code}-${model.sha256.slice(0, 16)}-${kind}-${seed}.json`);
  return measuredOnce(file, () => labelsOf(model, kind, seed));
}

async function labelsOf(model, kind, seed) {
  const started = performance.now();
  const { heads } = await verdict(model, { backend, seed, quick: kind === "quick" });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stderr.write(`${model.id} ${kind} seed ${seed}: ${seconds} s\n`);
  return heads.map(({ layer, head, label, flags, behaviours, evidence: { attention } }) => ({
    head: `${layer}.${head}`,
    label,
    undecided: flags.includes("undecided"),
    behaviours: behaviours.map(({ name }) => name),
    attention: {
      ...attention,
      gains: attention.gains.map(({ low, high, value }) => ({ low, high, value })),
    },
  }));
}

let missed = false;
const pool = Number(valueOf("--pool") ?? 0);
const docsRows = [];
for (const name of pool > 0 ? models : []) {
  const model = await openModel(name);
  const sizes = [14, 20, 28, 56].filter((size) => size <= 2 * pool);
  const found = await agreementByRows(model, backend, { pool, sizes, draws: 40 });
  await model.close();
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const rows = found.map(({ size, pairs, contradicting, undecided, layers, flagged, flipping }) =>
    row(
      `${size} rows: pairs of draws that give a head one label`,
      percent(pairs),
      "",
      null,
      `${percent(contradicting)} contradict, ${percent(undecided)} of heads undecided, the last of them after ${percent(layers)} of the layers; ${flagged} of ${flipping} heads that flip are flagged`,
    ),
  );
  docsRows.push(...rows.map((each) => ({ ...each, what: `${shortName(name)}: ${each.what}` })));
  console.log(`${shortName(name)}, draws of ${pool} rows, labels by attention\n${table(rows)}\n`);
}
for (const name of pool > 0 ? [] : models) {
  const model = await openModel(name);
  const runs = {};
  for (const kind of kinds) {
    runs[kind] = [];
    for (let seed = 0; seed < seeds; seed++) runs[kind].push(await verdictOnce(model, kind, seed));
  }
  await model.close();
  const rows = kinds.flatMap((kind) => retestRows(kind, runs[kind]));
  if (kinds.length === 2) {
    const same = between(runs.quick, runs.full);
    rows.push(targetRow("quick and full agree, same seed", same, 0.98));
  }
  missed ||= rows.some(({ met }) => met === false);
  docsRows.push(
    ...rows.map((each) => ({ ...each, what: `${shortName(name)}, ${each.what.trim()}` })),
  );
  console.log(
    `${shortName(name)}, ${seeds} seeds${seeds < 10 ? " (too few for the targets)" : ""}`,
  );
  console.log(`${table(rows)}\n`);
}
if (has("--docs"))
  writeDocsTable(
    pool > 0 ? "bench:retest rows" : "bench:retest",
    pool > 0
      ? `Labels by attention alone, 40 draws of ${pool} rows:`
      : `${seeds} seeds of each${seeds < 10 ? " (too few for the targets)" : ""}:`,
    docsRows,
  );
if (missed) process.exitCode = 1;

function shortName(name) {
  return name.split("/").at(-1);
}

function targetRow(what, share, target) {
  const got = share === null ? "none" : `${(100 * share).toFixed(1)} %`;
  const met = seeds < 10 || share === null ? null : share >= target;
  return row(what, got, `>= ${100 * target} %`, met);
}

function retestRows(kind, runs) {
  const { heads, same, pairs, contradicting, flips, flagged, flipping } = agreement(runs);
  return [
    targetRow(`${kind}: pairs of runs that give a head one label`, pairs, 0.99),
    row(
      `${kind}: pairs of runs with two labels, neither of them undecided`,
      `${(100 * contradicting).toFixed(2)} %`,
      "",
      null,
    ),
    row(`${kind}: heads with one label in all runs`, `${same} of ${heads}`, "", null),
    targetRow(
      `${kind}: heads that flip and are flagged undecided in a run`,
      flipping === 0 ? null : flagged / flipping,
      0.9,
    ),
    ...flips.map(([labels, count]) => row(`  ${labels}`, plural(count, "head"), "", null)),
  ];
}
