/**
 * @file `npm run bench:causal`: speed of patching, gradients, screens and composition on GPT-2's shape, each with its target.
 *
 * Quoted are ratios within this process: a part of a study, then MatMul alone for about as long, and the median over pairs.
 * The arithmetic that a sweep cannot avoid is counted from the program: each head's runs from its layer on. `--quick` takes
 * fewer heads and pairs; `--rows NAME,...` takes only some of patches, gradient, screen, composition, transformerlens (which
 * needs patches and screen) and smollm2. TransformerLens is compared with where INDUCTION_LENS_TL names a Python that has it and
 * ../shared/baselines is there; what a screen finds is measured where ../shared/data has SmolLM2 (270 exact runs, minutes;
 * not with `--quick`).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { slice } from "../dist/graph/edits/slice.js";
import { openModel } from "../dist/models/open.js";
import { multiplyAdds } from "../dist/runtime/chunks.js";
import { nativeBackend } from "../dist/runtime/native.js";
import { prepare } from "../dist/runtime/prepare.js";
import { tensor } from "../dist/base/tensor.js";
import { attribution } from "../dist/studies/attribution/attribution.js";
import { attributionProgram } from "../dist/studies/attribution/attributionProgram.js";
import { circuit } from "../dist/studies/circuit/circuit.js";
import { metricTail } from "../dist/interventions/metrics.js";
import { patch } from "../dist/studies/patch/patch.js";
import { hookName } from "../dist/models/anatomy/hookNames.js";
import { gpt2Shape } from "./gpt2Shape.js";
import { matMul, MATMUL_OPERATIONS } from "./matMul.js";
import { median, row, spread, table } from "./statistics.js";

const benchFolder = dirname(fileURLToPath(import.meta.url));
const quick = process.argv.includes("--quick");
const ROWS = ["patches", "gradient", "screen", "composition", "transformerlens", "smollm2"];
const flagAt = process.argv.indexOf("--rows");
const rowNames = new Set(flagAt < 0 ? ROWS : process.argv[flagAt + 1].split(","));
if (rowNames.has("transformerlens")) rowNames.add("patches").add("screen");
const [EXAMPLES, PERIOD] = [8, 32];
const LAYERS = quick ? [6] : Array.from({ length: 12 }, (_, layer) => layer);
const rows = [];
const add = (...more) => {
  rows.push(...more);
  say(table(more));
};
const say = (line) => process.stderr.write(`${line}\n`);

say("writing the model ...");
const folder = await gpt2Shape(join(benchFolder, "..", ".bench"));
const model = await openModel(folder);
const backend = await nativeBackend();
const { heads, layers } = model.architecture;
const alone = await matMul(backend);
await alone.seconds(2);
const draw = (seed) => {
  const next = () => (seed = (seed * 48271) % 2147483647);
  return Array.from({ length: EXAMPLES }, () =>
    Array.from({ length: PERIOD }, () => 1000 + (next() % 9000)),
  );
};
const [repeated, other] = [draw(1), draw(2)];
const own = {
  clean: repeated.map((r) => [...r, ...r]),
  corrupted: repeated.map((r, index) => [...other[index], ...r]),
  period: PERIOD,
  bos: false,
};

/** Operations of one row from the patched value of each head to the metric. */
function unavoidable(metric, positions) {
  const length = 2 * PERIOD;
  return LAYERS.map((layer) => {
    const at = (where) => [hookName(where, "attn.hook_z"), hookName(where, "hook_resid_pre")];
    const last = at(layers - 1);
    const sizes = { batch: 1, position: length, metric_positions: positions };
    const stream =
      layer < layers - 1 ? slice(model.program, { outputs: last, from: at(layer) }) : null;
    const end = metricTail(model, { metrics: [metric], from: last });
    const adds = (stream ? multiplyAdds(stream, sizes) : 0) + multiplyAdds(end, sizes);
    return 2 * heads * EXAMPLES * adds;
  }).reduce((total, each) => total + each, 0);
}

/** Seconds of `work`, beside MatMul alone for about as long: its rate in the seconds before and after. */
async function besideMatMul(work, operations) {
  const times = Math.max(2, Math.round(Math.min(operations, 1e12) / MATMUL_OPERATIONS / 2));
  const before = await alone.seconds(times);
  const seconds = await work();
  const after = await alone.seconds(times);
  const rates = [before, after].map((each) => (times * MATMUL_OPERATIONS) / each);
  return { seconds, rate: (rates[0] + rates[1]) / 2, rateSpread: spread(rates) };
}
const note = (spreads) =>
  Math.max(...spreads) > 0.15
    ? `(MatMul varied by ${Math.round(100 * Math.max(...spreads))} %: noisy)`
    : "";
const tera = (operations) => `${(operations / 1e12).toFixed(2)} TFLOP`;

async function patchRow(metric, title) {
  say(`${title} ...`);
  const patched = unavoidable(metric, PERIOD - 1);
  const base = slice(model.program, { outputs: [hookName(layers - 1, "hook_resid_post")] });
  const both = 4 * EXAMPLES * multiplyAdds(base, { batch: 1, position: 2 * PERIOD });
  const operations = patched + both;
  const runs = [];
  for (let pair = 0; pair < 3; pair++) {
    const work = async () => {
      const { timings } = await patch(model, {
        backend,
        rows: own,
        metric,
        raw: true,
        layers: LAYERS,
      });
      return timings.run / 1000;
    };
    runs.push(await besideMatMul(work, operations));
  }
  const share = median(runs.map(({ seconds, rate }) => operations / seconds / rate));
  const what = `${title}, ${LAYERS.length * heads} heads, ${EXAMPLES} x ${2 * PERIOD} tokens: ${tera(patched)} (${tera(both)} more for clean and corrupted)`;
  const seconds = median(runs.map((run) => run.seconds));
  const got = `${(100 * share).toFixed(0)} % of MatMul, ${seconds.toFixed(1)} s`;
  add(row(what, got, ">= 80 %", share >= 0.8, note(runs.map((run) => run.rateSpread))));
  return seconds;
}

const patches = rowNames.has("patches") && {
  logit: await patchRow("centred-logit", "exact patches, target logit"),
  probability: await patchRow("log-probability", "exact patches, log-probability"),
};

if (rowNames.has("gradient")) {
  say("one gradient ...");
  const plan = {
    metric: /** @type {const} */ ("log-probability"),
    units: /** @type {const} */ (["head-out"]),
    paths: false,
  };
  const whole = attributionProgram(model, plan);
  const sizes = { batch: 5, position: 2 * PERIOD, metric_positions: PERIOD - 1 };
  const forward = await prepare(
    slice(whole, { outputs: ["metric.log-probability"] }),
    backend,
    sizes,
  );
  const both = await prepare(whole, backend, sizes);
  const ids = (all) =>
    tensor(["batch", "position"], [5, 2 * PERIOD], Int32Array.from(all.slice(0, 5).flat()));
  const positions = Int32Array.from({ length: PERIOD - 1 }, (_, index) => PERIOD + index);
  const feeds = new Map([
    ["tokens", ids(own.corrupted)],
    ["targets", ids(own.clean.map((r) => [...r.slice(1), 0]))],
    ["metric_positions", tensor(["position"], [PERIOD - 1], positions)],
  ]);
  /** @type {Map<string, import("../dist/base/tensor.js").Tensor<any>>} */
  const values = new Map(feeds);
  for (const { name, axes } of both.program.inputs.filter((input) =>
    input.name.startsWith("source:"),
  )) {
    const shape = axes.map(({ size }) => (typeof size === "number" ? size : sizes[size]));
    const count = shape.reduce((product, size) => product * size, 1);
    values.set(
      name,
      tensor(
        axes.map((axis) => axis.name),
        shape,
        new Float32Array(count),
      ),
    );
  }
  const timed = async (session, inputs) => {
    const started = performance.now();
    await session.run(inputs);
    return performance.now() - started;
  };
  await timed(forward, feeds);
  await timed(both, values);
  const ratios = [];
  for (let pair = 0; pair < (quick ? 3 : 9); pair++)
    ratios.push((await timed(both, values)) / (await timed(forward, feeds)));
  await forward.close();
  await both.close();
  const ratio = median(ratios);
  add(
    row(
      "one gradient of all heads against one forward pass",
      ratio.toFixed(2),
      "<= 3.5",
      ratio <= 3.5,
    ),
  );
}

const units = /** @type {const} */ (["head-out"]);
let screened;
if (rowNames.has("screen")) {
  say("screen of 20 ...");
  // The random model is indifferent to repetition: eight times the same rows differ by more than their noise, which is none.
  const same = {
    ...own,
    clean: own.clean.map(() => own.clean[0]),
    corrupted: own.clean.map(() => own.corrupted[0]),
  };
  const times = [];
  for (let pair = 0; pair < (quick ? 1 : 3); pair++) {
    const options = {
      rows: same,
      units,
      metric: /** @type {const} */ ("centred-logit"),
      screen: 20,
    };
    const { timings } = await attribution(model, { backend, ...options });
    times.push(timings.run / 1000);
  }
  screened = median(times);
  add(row("--screen 20, target logit", `${screened.toFixed(1)} s`, "", null));
}

if (rowNames.has("composition")) {
  say("composition of all pairs ...");
  const { timings } = await circuit(model, { backend });
  const seconds = timings.composition / 1000;
  add(
    row(
      `composition of all pairs of ${layers * heads} heads`,
      `${seconds.toFixed(1)} s`,
      "<= 5 s",
      seconds <= 5,
    ),
  );
}

const python = process.env["INDUCTION_LENS_TL"];
const baseline = join(benchFolder, "..", "..", "shared", "baselines", "tl_gpt2_shape.py");
if (rowNames.has("transformerlens") && python && existsSync(baseline) && !quick) {
  say("TransformerLens patches the same shape ...");
  const printed = execFileSync(python, [baseline, folder, "patch", String(EXAMPLES)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const theirs = Number(/^patch ([\d.]+)s/m.exec(printed)[1]);
  const against = (what, seconds, target) =>
    add(
      row(
        `TransformerLens: ${what}, our time / its`,
        (seconds / theirs).toFixed(2),
        `<= ${target.toFixed(2)}`,
        seconds / theirs <= target,
      ),
    );
  against("its own metric (a logit)", patches.logit, 1 / 3);
  against("the default metric", patches.probability, 0.45);
  against("--screen 20", screened, 1 / 9);
} else if (rowNames.has("transformerlens"))
  add(
    row("TransformerLens", "not compared: INDUCTION_LENS_TL names no Python that has it", "", null),
  );
await model.close();

const smolFolder = join(benchFolder, "..", "..", "shared", "data", "smollm2-135m");
const file =
  existsSync(smolFolder) && readdirSync(smolFolder).find((name) => name.endsWith(".gguf"));
if (rowNames.has("smollm2") && file && !quick) {
  say("what a screen of SmolLM2 finds ...");
  const smol = await openModel(join(smolFolder, file));
  const rowsOf = { numExamples: 10, seqLen: 32 };
  const estimates = await attribution(smol, { backend, ...rowsOf, units });
  const exact = await patch(smol, { backend, ...rowsOf });
  await smol.close();
  const all = exact.effects.flatMap((each, layer) =>
    each.map((effect, head) => {
      const [low, high] = exact.intervals[layer][head];
      const errors = Math.abs(effect) / ((high - low) / (2 * 1.96));
      const [from, to] = estimates.units[0].intervals[layer][head];
      return {
        effect: Math.abs(effect),
        errors,
        named: from * to > 0,
        estimate: Math.abs(estimates.units[0].effect[layer][head]),
      };
    }),
  );
  const screen = new Set(all.toSorted((a, b) => b.estimate - a.estimate).slice(0, 20));
  const largest = all.toSorted((a, b) => b.effect - a.effect).slice(0, 20);
  const above = all.filter(({ errors }) => errors > 3);
  const countScreened = (edges) => edges.filter((edge) => screen.has(edge)).length;
  const shownEdges = all.filter((edge) => edge.named || screen.has(edge));
  const ranked = all.toSorted((a, b) => b.estimate - a.estimate);
  const reach = (share) => {
    for (let count = 1; ; count++) {
      const firstEdges = new Set(ranked.slice(0, count));
      if (above.filter((edge) => firstEdges.has(edge)).length >= share * above.length) return count;
    }
  };
  add(
    row(
      "SmolLM2: heads above 3 of their own standard errors that --screen 20 runs or names",
      `${above.filter((edge) => edge.named || screen.has(edge)).length} of ${above.length}`,
      ">= 95 %",
      above.filter((edge) => edge.named || screen.has(edge)).length >= 0.95 * above.length,
      `(it runs ${countScreened(above)} of them, and names ${shownEdges.length} heads in all)`,
    ),
    row(
      `  of the 20 largest exact effects`,
      `${countScreened(largest)} of 20`,
      ">= 19",
      countScreened(largest) >= 19,
    ),
    row(
      `  a screen that runs 95 % of those above 3`,
      `--screen ${reach(0.95)} of ${all.length}`,
      "",
      null,
    ),
    row(
      `  of effects of .025 and more`,
      `${countScreened(all.filter(({ effect }) => effect >= 0.025))} of ${all.filter(({ effect }) => effect >= 0.025).length}`,
      "",
      null,
    ),
  );
}

console.log(table(rows));
process.exit(rows.some(({ met }) => met === false) ? 1 : 0);
