/**
 * @file `npm run bench:effects [-- --model NAME --pool N --draws N]`: how often the intervals of effects that a verdict rests on
 * hold the truth. The verdict is given a pool of rows, all of which go through its causal runs; what it finds on all of them is the truth,
 * and the evidence is made again from draws of 10 and 16 rows of the pool, with replacement. Without a model: two of the zoo.
 * `--docs` writes the table into docs/benchmark.md. Exit code 1 if a target is missed.
 */
import { random } from "../dist/base/random.js";
import { generatedRows } from "../dist/inputs/scoreInput.js";
import { joinedNumbers } from "../dist/measure/verdict/causal.js";
import { causalEvidence, causalScale } from "../dist/measure/verdict/causalEvidence.js";
import { openModel } from "../dist/models/open.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { verdict } from "../dist/studies/verdict/verdict.js";
import { writeDocsTable } from "./docsTable.js";
import { row, table } from "./statistics.js";

const valueOf = (name, usual) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? usual : process.argv[at + 1];
};
const models = valueOf("--model") ? [valueOf("--model")] : ["zoo:attn-2l", "zoo:llama-gqa"];
const pool = Number(valueOf("--pool", 256));
const draws = Number(valueOf("--draws", 400));
/** Examples of causal runs: those of `--quick` and of the whole verdict. */
const SIZES = [10, 16];
/** A pool of rows has seeds of its own. */
const SEED = 90_001;

const backend = await nativeBackend(1);
if (!backend) throw new Error("bench:effects needs onnxruntime-node, which is not installed");

/** The numbers of a verdict's causal runs on a pool of rows, and how many candidates there are. */
async function poolOf(model) {
  const { tokens, period, start } = generatedRows(model.architecture, {
    seed: SEED,
    numExamples: 2 * pool,
  });
  const length = tokens.shape[1];
  const lists = Array.from({ length: 2 * pool }, (_, at) => [
    ...tokens.data.subarray(at * length, (at + 1) * length),
  ]);
  const steps = new Map();
  const log = { get: (key) => steps.get(key), set: (key, value) => void steps.set(key, value) };
  const rows = {
    tokens: lists.slice(0, pool),
    period,
    bos: start === 1,
    reference: lists.slice(pool),
  };
  const { screened } = await verdict(model, { backend, rows, log });
  if (screened.candidates.length === 0)
    throw new Error(`no head of ${model.id} attends like induction, so that no effect is measured`);
  const chunks = [...steps].filter(([key]) => /^causal \d[\d ]*$/.test(key));
  return {
    candidates: screened.candidates,
    numbers: chunks.map(([, numbers]) => numbers).reduce(joinedNumbers),
  };
}

/** The same numbers with the examples that were picked, by whatever depth they lie in. */
function picked(value, examples) {
  if (value === null) return null;
  if (!Array.isArray(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, picked(part, examples)]),
    );
  return value.length === pool && !Array.isArray(value[0]) && value[0]?.alone === undefined
    ? examples.map((at) => value[at])
    : value.map((part) => picked(part, examples));
}

/** Every estimate of a candidate that has an interval, by name. */
function estimatesIn(value, name = "") {
  if (value === null || typeof value !== "object") return [];
  if ("low" in value && "high" in value) return [[name, value]];
  return Object.entries(value).flatMap(([key, part]) =>
    estimatesIn(part, name === "" ? key : `${name}.${key}`),
  );
}

const kindOf = (name) => name.replace(/\.(centredLogit|nats|logProbability)$/, "");

async function coverageOf(model) {
  const { candidates, numbers } = await poolOf(model);
  const about = { tokens: 1, vocabulary: 1 };
  const evidence = (part) => {
    const scale = causalScale(part, candidates.length, about);
    return candidates.map((_, at) => estimatesIn(causalEvidence(part, scale, at)));
  };
  const truth = evidence(numbers).map((all) => new Map(all));
  const counts = new Map();
  const draw = random(17);
  for (const size of SIZES)
    for (let turn = 0; turn < draws; turn++) {
      const examples = Array.from({ length: size }, () => draw.integer(0, pool - 1));
      evidence(picked(numbers, examples)).forEach((all, at) => {
        for (const [name, { low, high }] of all) {
          const real = truth[at].get(name)?.value;
          if (low === null || real === undefined || Math.abs(real) < 1e-9) continue;
          const key = `${size} ${kindOf(name)}`;
          const { hits = 0, total = 0 } = counts.get(key) ?? {};
          counts.set(key, { hits: hits + (low <= real && real <= high ? 1 : 0), total: total + 1 });
        }
      });
    }
  return { candidates, counts };
}

let missed = false;
const docsRows = [];
for (const name of models) {
  const model = await openModel(name);
  const { candidates, counts } = await coverageOf(model);
  await model.close();
  const kinds = [...new Set([...counts.keys()].map((key) => key.split(" ")[1]))];
  const share = (size, isOf) => {
    const own = [...counts].filter(
      ([key]) => key.startsWith(`${size} `) && isOf(key.split(" ")[1]),
    );
    const [hits, total] = ["hits", "total"].map((part) =>
      own.reduce((sum, [, count]) => sum + count[part], 0),
    );
    return total === 0 ? null : hits / total;
  };
  const percent = (value) => (value === null ? "none" : `${(100 * value).toFixed(1)} %`);
  const line = (what, isOf, isJudged) => {
    const [fewer, more] = SIZES.map((size) => share(size, isOf));
    const met = isJudged && more !== null ? more >= 0.92 && more <= 0.98 : null;
    missed ||= met === false;
    return row(what, `${percent(fewer)}, ${percent(more)}`, isJudged ? "92 to 98 %" : "", met);
  };
  console.log(
    `${name}: ${candidates.join(" ")}, ${pool} rows, ${draws} draws of ${SIZES.join(" and of ")}`,
  );
  const rows = [
    line("all effects", () => true, true),
    ...kinds.map((kind) => line(`  ${kind}`, (other) => other === kind, false)),
  ];
  docsRows.push(...rows.map((each) => ({ ...each, what: `${name}, ${each.what.trim()}` })));
  console.log(`${table(rows)}\n`);
}
if (process.argv.includes("--docs"))
  writeDocsTable(
    "bench:effects",
    `Intervals that hold the truth, ${pool} rows, ${draws} draws of ${SIZES.join(" and of ")}:`,
    docsRows,
  );
if (missed) process.exitCode = 1;
