/**
 * @file `npm run bench:queue`: what the queue of `sweep push` and `sweep work` carries and what it survives, on a Redis or Valkey of
 * its own that writes everything to disk.
 * usage: node bench/queue.js [--only pace | folder | chaos | kills] [--empty-jobs N] [--jobs N] [--workers N] [--kill-every SECONDS] [--restarts N]
 *
 * pace: jobs that take no time, pushed and carried out. folder: Results and their notes kept and found in the shared folder, which is
 * all that shards do beside the work. kills: `sweep` without a queue, killed with SIGKILL at 20 random times. chaos: jobs of a zoo model in worker processes, of which one is killed
 * with SIGKILL every so often, with the server killed and begun again, its disk full once (where this process may mount a small
 * one), and one model whose weights are cut short; then the tables are compared with those of a sweep without a queue.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { random } from "../dist/base/random.js";
import { VERSION } from "../dist/base/version.js";
import { sweepFolder } from "../dist/cli/sweep/folder.js";
import { openQueue } from "../dist/cli/sweep/queue/openQueue.js";
import { pushJobs } from "../dist/cli/sweep/queue/pushJobs.js";
import { workOn } from "../dist/cli/sweep/queue/workOn.js";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    "empty-jobs": { type: "string", default: "10000" },
    jobs: { type: "string", default: "1000" },
    workers: { type: "string", default: "8" },
    "kill-every": { type: "string", default: "2" },
    restarts: { type: "string", default: "5" },
  },
});
const ROOT = join(import.meta.dirname, "..");
const MAIN = join(ROOT, "dist/cli/main.js");
const MODEL = join(ROOT, "zoo/attn-2l/checkpoints/step-001500");
const PORT = 7990;
const REDIS_URL = `redis://127.0.0.1:${PORT}`;
const folder = mkdtempSync(join(tmpdir(), "bench-queue-"));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const exitOf = (child) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", resolve));

const program = ["valkey-server", "redis-server"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
if (!program) throw new Error("needs valkey-server or redis-server");
/** @type {import("node:child_process").ChildProcess} */
let server;
async function begin() {
  const disk = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"];
  server = spawn(program, ["--port", String(PORT), "--bind", "127.0.0.1", ...disk], {
    stdio: "ignore",
  });
  await sleep(700);
}
async function restart() {
  server.kill("SIGTERM"); // as an administrator does; it writes what it has
  await exitOf(server);
  await sleep(500);
  await begin();
}

async function pace(count) {
  const open = await openQueue({ redis: REDIS_URL, queue: "pace" }, { waits: true });
  const jobs = Array.from({ length: count }, (_, seed) => ({
    job: {
      typed: `model-${seed}`,
      name: `model-${seed}`,
      study: /** @type {const} */ ("score"),
      options: { seed },
    },
    engine: {},
    model: {},
  }));
  let began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const options = { priority: 100, attempts: 5 };
  await pushJobs(open.queue, jobs, options, () => undefined);
  console.log(
    `pushed ${count} jobs in ${seconds().toFixed(1)} s: ${Math.round(count / seconds())} a second`,
  );
  began = performance.now();
  let done = 0;
  let last = 0;
  await workOn(open, {
    ...{ workers: 8, heartbeatMs: 5000, untilEmpty: true, signal: new AbortController().signal },
    run: () => Promise.resolve({ key: "none", computed: true }),
    onEnd: () => {
      done++;
      last = seconds();
    },
    progress: () => undefined,
    fault: (message) => console.log(message),
  });
  console.log(`carried out ${done} in ${last.toFixed(1)} s: ${Math.round(done / last)} a second`);
  const memory = Number(/used_memory:(\d+)/.exec(await open.client.info("memory"))[1]);
  console.log(
    `the server has ${(memory / 1e6).toFixed(1)} MB for them: ${Math.round(memory / count)} bytes a job`,
  );
  await open.close();
}

const cli = (...args) =>
  spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, REDIS_URL },
    encoding: "utf8",
  });
const status = () => JSON.parse(cli("sweep", "status", "--json").stdout);

async function chaos(count, workers, killEvery, restarts) {
  cpSync(MODEL, join(folder, "cut"), { recursive: true });
  truncateSync(join(folder, "cut/model.safetensors"), 100_000);
  const plan = (model, seeds) =>
    JSON.stringify({
      models: [model],
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      options: { numExamples: 4 },
    });
  writeFileSync(join(folder, "plan.yml"), plan("zoo:attn-2l", count));
  writeFileSync(join(folder, "poison.yml"), plan("./cut", 1));
  const results = join(folder, "out/results");
  mkdirSync(results, { recursive: true });
  const hasDisk =
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", results]).status === 0;
  process.stdout.write(cli("sweep", "push", "poison.yml").stdout);
  process.stdout.write(cli("sweep", "push", "plan.yml").stdout);

  const args = [
    MAIN,
    "sweep",
    "work",
    "--folder",
    "out",
    "--workers",
    "1",
    "--heartbeat",
    "2",
    "--quiet",
  ];
  const start = () =>
    spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, REDIS_URL },
      stdio: "ignore",
    });
  const computations = computationsIn(results);
  const alive = Array.from({ length: workers }, start);
  const began = performance.now();
  let [kills, restarted, fullFor] = [0, 0, 0];
  const killing = setInterval(() => {
    alive[kills % workers].kill("SIGKILL");
    alive[kills % workers] = start();
    kills++;
  }, 1000 * killEvery);
  const looking = await openQueue({ redis: REDIS_URL }, { waits: true });
  for (let turn = 0; ; turn++) {
    await sleep(1000);
    const counts = await looking.queue.getJobCounts();
    const over = counts.completed + counts.failed;
    if (restarted < restarts && over > ((restarted + 1) * count) / (restarts + 1)) {
      restarted++;
      await restart();
    }
    if (hasDisk && fullFor === 0 && over > count / 2) {
      const full = performance.now();
      spawnSync("dd", ["if=/dev/zero", `of=${join(results, "filler")}`, "bs=1M"]);
      await sleep(6000);
      rmSync(join(results, "filler"));
      fullFor = (performance.now() - full) / 1000;
    }
    if (over === count + 1) break;
    if (turn % 20 === 0)
      console.log(`${kills} kills, ${restarted} restarts, ${over} of ${count + 1} over`);
  }
  clearInterval(killing);
  await looking.close();
  for (const child of alive) child.kill("SIGKILL");
  const seconds = (performance.now() - began) / 1000;
  const { jobs, failures } = status();
  const open = await openQueue({ redis: REDIS_URL }, { waits: false });
  const finished = await open.queue.getJobs(["completed"], 0, -1);
  const begun = finished.reduce((sum, { attemptsStarted }) => sum + attemptsStarted, 0);
  const computed = finished.filter(({ returnvalue }) => returnvalue?.computed).length;
  await open.close();
  console.log(
    `${seconds.toFixed(0)} s on ${availableParallelism()} cores: ${kills} workers killed, ${restarted} restarts of the server, disk full ${hasDisk ? `for ${fullFor.toFixed(0)} s` : "not tried (nothing could be mounted)"}`,
  );
  console.log(
    `finished ${jobs.finished} of ${count}, set aside ${jobs.setAside}: ${[...new Set(failures.map(({ error }) => error))].join("; ")}`,
  );
  const timesByResult = computations.end();
  const most = Math.max(...timesByResult.values());
  const sum = [...timesByResult.values()].reduce((total, times) => total + times, 0);
  console.log(
    `computed ${(sum / timesByResult.size).toFixed(3)} times on average, ${most} at most; begun ${(begun / finished.length).toFixed(3)} times; ${computed} told that they computed it, the others found it`,
  );
  cli("sweep", "tables", "plan.yml", "--folder", "out");
  cli("sweep", "plan.yml", "--folder", "alone");
  const same = sameTables("out", "alone");
  console.log(
    `the tables are ${same ? "the same bytes as" : "NOT THE SAME as"} those of a sweep without a queue`,
  );
  if (hasDisk) execFileSync("umount", ["-l", results]);
}

/** Times that each Result is computed from now on: each computation begins a file of its own, KEY.json.RANDOM.tmp, full disk or not. */
function computationsIn(results) {
  const files = new Set();
  const watcher = watch(results, (_, name) => name.endsWith(".tmp") && files.add(name));
  return {
    end() {
      watcher.close();
      const times = new Map();
      for (const name of files) {
        const [key] = name.split(".");
        times.set(key, (times.get(key) ?? 0) + 1);
      }
      return times;
    },
  };
}

/** What the shared folder carries: a Result and its note written, and found again, as a shard does for each job. */
function folderPace(count) {
  const shared = sweepFolder(join(folder, "pace"));
  const jobs = Array.from({ length: count }, (_, seed) => ({
    ...{
      typed: "zoo:attn-2l",
      name: "zoo:attn-2l",
      study: /** @type {const} */ ("score"),
      options: { seed },
    },
  }));
  const result = { scores: Array.from({ length: 144 * 5 }, () => Math.random()) };
  const paced = (what, act) => {
    const began = performance.now();
    jobs.forEach(act);
    const seconds = (performance.now() - began) / 1000;
    console.log(`folder: ${what} ${count} jobs: ${Math.round(count / seconds)} a second`);
  };
  paced("kept", (job, index) => {
    shared.keep(`key-${index}`, result);
    shared.setDone({ job, key: `key-${index}`, parameters: 1, version: VERSION });
  });
  paced("found again", (job) => shared.result(shared.done(job).key));
}

/** `sweep` killed at random times, then to its end: the tables are those of a sweep that nobody killed. */
async function killed(times) {
  writeFileSync(
    join(folder, "kills.yml"),
    JSON.stringify({
      models: ["zoo:attn-2l@{0,50,100,1500}", "zoo:llama-gqa", "zoo:attn-1l"],
      studies: ["score", "verdict"],
      seeds: [0, 1, 2],
      options: { numExamples: 12, quick: true },
    }),
  );
  const { uniform } = random(0);
  const { first, all } = await wholeSweep();
  const counts = [];
  for (let time = 0; time < times; time++) {
    const child = spawn(
      process.execPath,
      [MAIN, "sweep", "kills.yml", "--folder", "killed", "--workers", "2", "--quiet"],
      { cwd: folder, stdio: "ignore" },
    );
    await sleep(first / 2 + uniform() * (first / 2 + (all - first) / 8));
    child.kill("SIGKILL");
    await exitOf(child);
    counts.push(resultsIn("killed"));
  }
  const last = JSON.parse(cli("sweep", "kills.yml", "--folder", "killed", "--json").stdout);
  console.log(`kills: Results after each of ${times} SIGKILLs: ${counts.join(" ")}`);
  console.log(
    `kills: then ${last.computed} computed, ${last.known} known, ${last.failed.length} set aside; the tables are ${sameTables("whole", "killed") ? "the same bytes" : "NOT THE SAME"}`,
  );
}

const resultsIn = (name) => {
  const results = join(folder, name, "results");
  const files = existsSync(results) ? readdirSync(results) : [];
  return files.filter((file) => file.endsWith(".json")).length;
};

/** The sweep that nobody kills: milliseconds to its first Result and to its end, which say when to kill on a machine as busy as this one. */
async function wholeSweep() {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [MAIN, "sweep", "kills.yml", "--folder", "whole", "--workers", "2"],
    { cwd: folder, stdio: ["ignore", "ignore", "inherit"] },
  );
  let first = 0;
  while (child.exitCode === null && child.signalCode === null) {
    if (first === 0 && resultsIn("whole") > 0) first = performance.now() - began;
    await sleep(20);
  }
  if (child.exitCode !== 0) throw new Error(`sweep ended with ${child.exitCode}`);
  return { first, all: performance.now() - began };
}

function sameTables(first, other) {
  return ["heads.csv", "heads.parquet", "models.csv", "models.parquet"].every((name) =>
    readFileSync(join(folder, first, name)).equals(readFileSync(join(folder, other, name))),
  );
}

const isChosenPart = (part) => values.only === undefined || values.only === part;

await begin();
try {
  if (isChosenPart("folder")) folderPace(Number(values["empty-jobs"]));
  if (isChosenPart("kills")) await killed(20);
  if (isChosenPart("pace")) await pace(Number(values["empty-jobs"]));
  if (isChosenPart("chaos"))
    await chaos(
      Number(values.jobs),
      Number(values.workers),
      Number(values["kill-every"]),
      Number(values.restarts),
    );
} finally {
  server.kill("SIGKILL");
  await exitOf(server);
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
