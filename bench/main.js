/**
 * @file `npm run bench`: every number of speed and memory that the documents claim, each with its target beside it.
 *
 * Quoted are ratios within one process (medians of interleaved pairs) or of whole commands; a MatMul rate that varies by
 * more than 15 % while a row is measured is said so, because the row is then worth little. `--quick` takes fewer pairs.
 * TransformerLens is compared with where INDUCTION_LENS_TL names a Python that has it and ../shared/baselines is there.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gpt2Shape } from "./gpt2Shape.js";
import { median, row, table } from "./statistics.js";

const folder = dirname(fileURLToPath(import.meta.url));
const cli = join(folder, "..", "dist", "cli", "main.js");
const quick = process.argv.includes("--quick");
const pairs = quick ? 3 : 9;
const models = join(folder, "..", ".bench");
const rows = [];

function say(line) {
  process.stderr.write(`${line}\n`);
}

function node(script, ...args) {
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", join(folder, script), ...args.map(String)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
}

/** Wall seconds and peak resident bytes of a whole command, by GNU time where it is installed. */
function command(args, env = {}) {
  const started = performance.now();
  const timed = existsSync("/usr/bin/time");
  const [file, ...rest] = timed ? ["/usr/bin/time", "-f", "%M", ...args] : args;
  const script = `"$@" >/dev/null 2>"${join(scratch, "peak")}"; tail -n 1 "${join(scratch, "peak")}"`;
  const peak = execFileSync("bash", ["-c", script, "bash", file, ...rest], {
    encoding: "utf8",
    cwd: scratch,
    env: { ...process.env, ...env },
  });
  return {
    seconds: (performance.now() - started) / 1000,
    peakBytes: timed ? 1024 * Number(peak) : null,
  };
}

const scratch = mkdtempSync(join(tmpdir(), "induction-lens-bench-"));
const note = ({ rateSpread }) =>
  rateSpread > 0.15 ? `(MatMul varied by ${Math.round(100 * rateSpread)} %: noisy)` : "";
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const gigabytes = (bytes) => (bytes === null ? "?" : `${(bytes / 1e9).toFixed(2)} GB`);

say("writing models ...");
const model = await gpt2Shape(models);

say("share of the MatMul rate ...");
const plain = node("scoring.js", model, "cpu", pairs);
rows.push(
  row(
    "GPT-2 shape, 64 tokens, all heads, no losses: share of MatMul alone",
    percent(plain.share),
    ">= 93 %",
    plain.share >= 0.93,
    note(plain),
  ),
);
rows.push(row("  MatMul alone", `${plain.matMulGflops.toFixed(0)} GFLOP/s`, "", null));
rows.push(
  row(
    "  ready to run (weights repacked)",
    `${(plain.prepareMs / 1000).toFixed(2)} s`,
    "<= 0.7 s",
    plain.prepareMs <= 700,
    note(plain),
  ),
);
const losses = node("scoring.js", model, "cpu", pairs, 2);
rows.push(
  row(
    "  with losses of every tenth sequence: time against none",
    (plain.share / losses.share).toFixed(2),
    "<= 1.15",
    plain.share / losses.share <= 1.15,
    note(losses),
  ),
);
for (const type of ["BF16", "F16"]) {
  const half = node("scoring.js", await gpt2Shape(models, type), "cpu", pairs);
  rows.push(
    row(
      `  ${type} weights: share of MatMul alone; ready`,
      `${percent(half.share)}; ${(half.prepareMs / 1000).toFixed(2)} s`,
      "",
      null,
      note(half),
    ),
  );
}
const wasm = node("scoring.js", model, "wasm", quick ? 1 : 3);
rows.push(
  row(
    "  WASM (one thread): share of its own MatMul; ready",
    `${percent(wasm.share)} of ${wasm.matMulGflops.toFixed(0)} GFLOP/s; ${(wasm.prepareMs / 1000).toFixed(1)} s`,
    "",
    null,
    note(wasm),
  ),
);

say("whole commands ...");
const score = (examples, ...more) => [
  process.execPath,
  cli,
  "score",
  model,
  "--bos",
  "off",
  "--num-examples",
  String(examples),
  "--quiet",
  ...more,
];
command(score(4));
const repeated = (times, run) => Array.from({ length: times }, run);
const hundred = repeated(quick ? 1 : 3, () => command(score(100, "--loss-examples", "0")));
const warm = node("scoring.js", model, "cpu", 3);
const warmSeconds = (100 * warm.operationsPerExample) / (warm.share * warm.matMulGflops * 1e9);
const wall = median(hundred.map(({ seconds }) => seconds));
rows.push(
  row(
    "command to picture on disk, 100 x 64 tokens, beyond the time of its runs",
    `${(wall - warmSeconds).toFixed(1)} s (${wall.toFixed(1)} s in all)`,
    "<= 2 s",
    wall - warmSeconds <= 2,
    note(warm),
  ),
);
const peak = median(hundred.map(({ peakBytes }) => peakBytes ?? 0));
rows.push(row("  peak memory, with the picture", gigabytes(peak), "<= 0.75 GB", peak <= 0.75e9));
if (!quick) {
  const thousand = command(score(1000, "--loss-examples", "0"));
  rows.push(
    row(
      "  peak memory, 1,000 examples against 100",
      (thousand.peakBytes / peak).toFixed(2),
      "<= 1.05",
      thousand.peakBytes / peak <= 1.05,
    ),
  );
}
const help = median(repeated(5, () => command([process.execPath, cli, "--help"]).seconds));
rows.push(row("--help", `${help.toFixed(2)} s`, "<= 0.3 s", help <= 0.3));

const smollm2 = join(folder, "..", "..", "shared", "data", "smollm2-135m");
const gguf = existsSync(smollm2) && readdirSync(smollm2).find((name) => name.endsWith(".gguf"));
if (gguf) {
  say("SmolLM2 for the first time and again ...");
  process.env["XDG_CACHE_HOME"] = join(scratch, "cache");
  const seconds = ({ open, session }, kind) => (open[kind] + session[kind]) / 1000;
  const first = node("ready.js", join(smollm2, gguf));
  const again = repeated(quick ? 1 : 5, () => node("ready.js", join(smollm2, gguf)));
  node("ready.js", join(smollm2, gguf), "--cache");
  const fromCache = repeated(quick ? 1 : 5, () => node("ready.js", join(smollm2, gguf), "--cache"));
  const middle = (runs, kind) => median(runs.map((run) => seconds(run, kind)));
  for (const [what, runs, most] of [
    ["first time", [first], 5],
    ["again", again, 1],
    ["again, with --cache", fromCache, 1],
  ]) {
    const [wall, cpu] = ["wallMs", "cpuMs"].map((kind) => middle(runs, kind));
    rows.push(
      row(
        `SmolLM2-135M (Q4_1) ready to score, ${what}`,
        `${wall.toFixed(1)} s (${cpu.toFixed(1)} s of processor)`,
        `<= ${most} s`,
        wall <= most,
      ),
    );
  }
  delete process.env["XDG_CACHE_HOME"];
}

say("plans against peaks ...");
for (const args of [
  [64, 4],
  [64, 4, "logits"],
  [256, 4],
  [256, 16],
]) {
  const { totalBytes, growthBytes } = node("peakMemory.js", model, ...args);
  const ratio = Math.max(totalBytes / growthBytes, growthBytes / totalBytes);
  rows.push(
    row(
      `memory planned against taken, ${args.slice(0, 2).reverse().join(" x ")} tokens${args[2] ? ", logits" : ""}`,
      `${gigabytes(totalBytes)} / ${gigabytes(growthBytes)}`,
      "within 1.2",
      ratio <= 1.2,
    ),
  );
}

const python = process.env["INDUCTION_LENS_TL"];
const baseline = join(folder, "..", "..", "shared", "baselines", "tl_gpt2_shape.py");
if (python && existsSync(baseline)) {
  say("TransformerLens on the same shape ...");
  const tl = repeated(quick ? 1 : 3, () => ({
    ours: command(score(100, "--loss-examples", "0")),
    theirs: command([python, baseline, model, "cold"]),
  }));
  const cold = median(tl.map(({ ours, theirs }) => theirs.seconds / ours.seconds));
  const memory = median(tl.map(({ ours, theirs }) => ours.peakBytes / theirs.peakBytes));
  rows.push(
    row("TransformerLens: cold command, its time / ours", cold.toFixed(1), ">= 3.5", cold >= 3.5),
  );
  rows.push(
    row("TransformerLens: our peak memory / its", memory.toFixed(2), "<= 0.33", memory <= 1 / 3),
  );
  const printed = execFileSync(python, [baseline, model, "score"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const theirs = median(
    [...printed.matchAll(/^score ([\d.]+)s/gm)].slice(1).map(([, seconds]) => Number(seconds)),
  );
  rows.push(
    row(
      "TransformerLens: warm score, its time / ours",
      (theirs / warmSeconds).toFixed(1),
      ">= 2",
      theirs / warmSeconds >= 2,
    ),
  );
} else {
  rows.push(
    row("TransformerLens", "not compared: INDUCTION_LENS_TL names no Python that has it", "", null),
  );
}

rmSync(scratch, { recursive: true });
console.log(table(rows));
process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0;
