/** @file The queue on a real server. Its jobs are stubs where the queue itself is meant, models of the zoo where the whole is. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  openQueue,
  type OpenQueue,
  type QueuedJob,
} from "../../../src/cli/sweep/queue/openQueue.ts";
import { cancelJobs } from "../../../src/cli/sweep/queue/cancelJobs.ts";
import { pushJobs, queueId } from "../../../src/cli/sweep/queue/pushJobs.ts";
import { queueStatus, type QueueStatus } from "../../../src/cli/sweep/queue/queueStatus.ts";
import { workOn, type EndedJob, type WorkOptions } from "../../../src/cli/sweep/queue/workOn.ts";
import { JobFault } from "../../../src/cli/sweep/runners.ts";
import { cli, emptyFolder, started } from "../cli.ts";
import { redisServer, SERVER } from "./redisServer.ts";

const LASTING = 600_000; // processes begin slowly on a machine that is busy
const ZOO = join(import.meta.dirname, "../../../zoo");

if (SERVER === null)
  console.warn(
    "SKIPPED: tests of the queue, because neither valkey-server nor redis-server is installed",
  );

const jobs = (count: number): QueuedJob[] =>
  Array.from({ length: count }, (_, seed) => ({
    job: { typed: `model-${seed}`, name: `model-${seed}`, study: "score", options: { seed } },
    ...{ engine: { threads: 1 }, model: {} },
  }));

const FEW = { priority: 100, attempts: 3, backoffMs: 50 };
const push = ({ queue }: OpenQueue, batch: readonly QueuedJob[], options = {}) =>
  pushJobs(queue, batch, { ...FEW, ...options }, () => undefined);

/** A queue on a server of its own. */
async function openTestQueue() {
  const server = await redisServer();
  const open = await openQueue({ redis: server.url }, { waits: true });
  onTestFinished(() => open.close());
  return { server, open };
}

/** Works on it with a stub; gives what ended, in order. */
async function worked(open: OpenQueue, options: Partial<WorkOptions> & Pick<WorkOptions, "run">) {
  const ends: EndedJob[] = [];
  await workOn(open, {
    ...{ workers: 1, heartbeatMs: 300, untilEmpty: true, signal: new AbortController().signal },
    onEnd: (end) => void ends.push(end),
    progress: () => undefined,
    fault: () => undefined,
    ...options,
  });
  return ends;
}

const fine = () => Promise.resolve({ key: "k", computed: true });
const nameOf = ({ queued: { job } }: EndedJob) => job.typed;

describe.skipIf(SERVER === null)("a queue of jobs (needs valkey-server or redis-server)", () => {
  test(
    "has each job once, however often it is pushed, and runs it again when it is over",
    async () => {
      const { open } = await openTestQueue();
      expect(await push(open, jobs(5))).toEqual({ added: 5, again: 0, there: 0 });
      expect(await push(open, jobs(7))).toEqual({ added: 2, again: 0, there: 5 });
      expect(await worked(open, { run: fine })).toHaveLength(7);
      expect(await push(open, jobs(7))).toEqual({ added: 0, again: 7, there: 0 });
      expect((await queueStatus(open)).jobs).toMatchObject({ waiting: 7, finished: 0, total: 7 });
    },
    LASTING,
  );

  test(
    "gives jobs of a lower number out first, also where they were pushed before",
    async () => {
      const { open } = await openTestQueue();
      const [a, b, c] = jobs(3);
      await push(open, [a!, b!], { priority: 50 });
      await push(open, [c!], { priority: 10 });
      await push(open, [b!], { priority: 1 });
      const ends = await worked(open, { run: fine });
      expect(ends.map(nameOf)).toEqual(["model-1", "model-2", "model-0"]);
    },
    LASTING,
  );

  test(
    "tries again, later and later, what may work another time, and then sets it aside",
    async () => {
      const { open } = await openTestQueue();
      await push(open, jobs(2));
      const times = new Map<string, number>();
      const ends = await worked(open, {
        run: ({ job }) => {
          const time = (times.get(job.typed) ?? 0) + 1;
          times.set(job.typed, time);
          if (job.typed === "model-0" && time === 3) return fine();
          return Promise.reject(new JobFault("unable", "the disk is full"));
        },
      });
      expect([...times.values()]).toEqual([3, 3]);
      expect(ends.map((end) => [nameOf(end), end.error]).sort()).toEqual([
        ["model-0", null],
        ["model-1", "the disk is full"],
      ]);
      const { failures, jobs: counts } = await queueStatus(open);
      expect(counts).toMatchObject({ finished: 1, setAside: 1, waiting: 0, retrying: 0 });
      expect(failures).toEqual([
        { model: "model-1", study: "score", seed: 1, attempts: 3, error: "the disk is full" },
      ]);
    },
    LASTING,
  );

  test(
    "tries again in time what a worker failed whose clock is an hour ahead",
    async () => {
      const { open } = await openTestQueue();
      await push(open, jobs(1));
      const stop = new AbortController();
      const clock = Date.now.bind(Date);
      const ahead = vi.spyOn(Date, "now").mockImplementation(() => clock() + 3_600_000);
      onTestFinished(() => ahead.mockRestore());
      const failing = worked(open, {
        run: () => Promise.reject(new JobFault("unable", "the disk is full")),
        signal: stop.signal,
      });
      while ((await queueStatus(open)).jobs.retrying === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort("stopped");
      await failing;
      ahead.mockRestore();
      expect(await worked(open, { run: fine })).toMatchObject([{ error: null }]);
    },
    LASTING,
  );

  test(
    "sets what fails whenever it is tried aside at once",
    async () => {
      const { open } = await openTestQueue();
      await push(open, jobs(3));
      let attempts = 0;
      const ends = await worked(open, {
        run: ({ job }) => {
          if (job.typed !== "model-1") return fine();
          attempts++;
          return Promise.reject(new JobFault("input", "weights are cut short"));
        },
      });
      expect([attempts, ends.length]).toEqual([1, 3]);
      expect((await queueStatus(open)).failures).toMatchObject([
        { error: "weights are cut short" },
      ]);
    },
    LASTING,
  );

  test(
    "gives the jobs of a worker that ends to another, without counting an attempt",
    async () => {
      const { open } = await openTestQueue();
      await push(open, jobs(1));
      const stop = new AbortController();
      const untilStopped = (_: QueuedJob, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("killed")));
          stop.abort("stopped");
        });
      expect(await worked(open, { run: untilStopped, signal: stop.signal })).toEqual([]);
      expect((await queueStatus(open)).jobs).toMatchObject({ waiting: 1, running: 0, setAside: 0 });
      expect(await worked(open, { run: fine })).toHaveLength(1);
    },
    LASTING,
  );

  test(
    "takes cancelled jobs out, ends the one that runs, and leaves those of other plans",
    async () => {
      const { open } = await openTestQueue();
      const [running, waiting, other] = jobs(3);
      await push(open, [running!, waiting!]);
      await push(open, [other!], { priority: 500 });
      const ends = await worked(open, {
        run: ({ job }, signal) =>
          job.typed !== "model-0"
            ? fine()
            : new Promise((_, reject) => {
                signal.addEventListener("abort", () => reject(new Error("killed")));
                const only = [running!.job, waiting!.job];
                void cancelJobs(open.queue, only).then((cancelled) =>
                  expect(cancelled).toEqual({ removed: 1, stopped: 1 }),
                );
              }),
      });
      expect(ends.map(nameOf)).toEqual(["model-2"]);
      const { failures } = await queueStatus(open);
      expect(failures).toMatchObject([{ model: "model-0", error: "cancelled" }]);
      expect(await open.queue.getJob(queueId(waiting!.job))).toBeUndefined();
    },
    LASTING,
  );

  test(
    "loses nothing when the server goes away while jobs run",
    async () => {
      const { open, server } = await openTestQueue();
      await push(open, jobs(30));
      let restarts = 0;
      const faults: string[] = [];
      await worked(open, {
        workers: 4,
        fault: (message) => void faults.push(message),
        run: async ({ job }) => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          if (["model-3", "model-17"].includes(job.typed) && restarts++ < 2) {
            await server.stop();
            await new Promise((resolve) => setTimeout(resolve, 500)); // so that some try while it is away
            await server.restart();
          }
          return fine();
        },
      });
      expect(faults.length).toBeGreaterThan(0);
      expect((await queueStatus(open)).jobs).toMatchObject({
        finished: 30,
        setAside: 0,
        total: 30,
      });
    },
    LASTING,
  );
});

const swept = (folder: string, url: string, args: readonly string[]) =>
  cli(folder, args, { REDIS_URL: url });

describe.skipIf(SERVER === null)(
  "sweep push, work, status (needs a server; runs the built package)",
  () => {
    test(
      "give the bytes of sweep, with workers killed and the server restarted, and set poison aside",
      { timeout: LASTING, tags: ["slow"] },
      async () => {
        const { server, open } = await openTestQueue();
        const folder = emptyFolder();
        const broken = join(folder, "broken");
        mkdirSync(broken);
        const whole = join(ZOO, "attn-2l/checkpoints/step-001500");
        for (const name of readdirSync(whole)) {
          const bytes = readFileSync(join(whole, name));
          const isCut = name.endsWith(".safetensors");
          writeFileSync(join(broken, name), isCut ? bytes.subarray(0, bytes.length / 2) : bytes);
        }
        const seeds = Array.from({ length: 8 }, (_, seed) => seed);
        const plan = {
          models: ["zoo:attn-2l@{0,1500}", "./broken"],
          seeds,
          options: { numExamples: 8 },
        };
        writeFileSync(join(folder, "plan.yml"), JSON.stringify(plan));
        const total = 24;

        expect(
          await swept(folder, server.url, ["sweep", "push", "plan.yml", "--json"]),
        ).toMatchObject({
          code: 0,
          stdout: '{"added":24,"again":0,"there":0}\n',
        });
        const work = ["sweep", "work", "--folder", "queued", "--workers", "2", "--heartbeat", "1"];
        const status = async () =>
          JSON.parse(
            (await swept(folder, server.url, ["sweep", "status", "--json"])).stdout,
          ) as QueueStatus;
        for (let kill = 0; kill < 3; kill++) {
          const before = (await queueStatus(open)).jobs;
          const { child, end } = started(folder, work, { REDIS_URL: server.url });
          for (;;) {
            const { finished, setAside, running } = (await queueStatus(open)).jobs;
            if (finished + setAside >= before.finished + before.setAside + 3 && running > 0) break;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          if (kill === 1) await server.restart();
          child.kill("SIGKILL");
          await end;
        }
        const last = await swept(folder, server.url, [...work, "--until-empty"]);
        expect([0, 3]).toContain(last.code);
        const { jobs: counts, failures } = await status();
        expect(counts).toEqual({
          total,
          waiting: 0,
          running: 0,
          retrying: 0,
          finished: 16,
          setAside: 8,
        });
        expect(failures).toHaveLength(8);
        for (const { model, attempts, error } of failures) {
          expect([model, attempts]).toEqual(["./broken", 1]);
          expect(error).toMatch(/broken.*model\.safetensors/);
        }
        await cli(folder, ["sweep", "tables", "plan.yml", "--folder", "queued"]);
        await cli(folder, ["sweep", "plan.yml", "--folder", "pooled", "--workers", "2"]);
        for (const table of ["heads.csv", "heads.parquet", "models.csv", "models.parquet"])
          expect(
            readFileSync(join(folder, "queued", table)).equals(
              readFileSync(join(folder, "pooled", table)),
            ),
          ).toBe(true);
        const again = await swept(folder, server.url, ["sweep", "push", "plan.yml", "--json"]);
        expect(again.stdout).toBe('{"added":0,"again":24,"there":0}\n');
      },
    );

    test(
      "show the queue as a page with its failures, which cannot steer it",
      async () => {
        const { server, open } = await openTestQueue();
        const [job] = jobs(1);
        await push(open, [{ ...job!, job: { ...job!.job, typed: "<b>model" } }]);
        await worked(open, {
          run: () => Promise.reject(new JobFault("input", "<script>no</script>")),
        });
        const folder = emptyFolder();
        const status = await swept(folder, server.url, ["sweep", "status", "--out", "status.html"]);
        expect(status).toMatchObject({ code: 0 });
        expect(status.stdout).toContain("1 of 1 job are over");
        const page = readFileSync(join(folder, "status.html"), "utf8");
        expect(page).toContain("&lt;script&gt;no");
        expect(page).not.toContain("<b>model");
        const bad = await swept(folder, server.url, ["sweep", "status", "--out", "status.csv"]);
        expect(bad).toMatchObject({
          code: 2,
          stderr: "error: --out of sweep status needs .html or .json, got status.csv\n",
        });
      },
      LASTING,
    );

    test(
      "end on Ctrl-C, with what ran back in the queue",
      async () => {
        const { server, open } = await openTestQueue();
        const folder = emptyFolder();
        writeFileSync(
          join(folder, "plan.yml"),
          'models: ["zoo:attn-2l"]\noptions: {numExamples: 500000}\n',
        );
        await swept(folder, server.url, ["sweep", "push", "plan.yml"]);
        const { child, end, printed } = started(folder, ["sweep", "work", "--folder", "out"], {
          REDIS_URL: server.url,
        });
        await printed("Working on queue");
        while ((await queueStatus(open)).jobs.running === 0)
          await new Promise((resolve) => setTimeout(resolve, 100));
        child.kill("SIGINT");
        expect(await end).toMatchObject({ code: 130 });
        expect((await queueStatus(open)).jobs).toMatchObject({
          waiting: 1,
          running: 0,
          setAside: 0,
        });
      },
      LASTING,
    );
  },
);

describe("a queue that nobody serves", () => {
  test.each([["push", "plan.yml"], ["work", "--folder=out"], ["status"], ["cancel"]])(
    "ends sweep %s in a sentence with exit code 3, and changes nothing",
    async (...words) => {
      const folder = emptyFolder();
      writeFileSync(join(folder, "plan.yml"), "models: [zoo:attn-2l]\n");
      const { code, stdout, stderr } = await cli(folder, [
        "sweep",
        ...words,
        "--redis",
        "redis://user:secret@127.0.0.1:1",
      ]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toContain(
        "unable: no Redis or Valkey answers at 127.0.0.1:1: connect ECONNREFUSED",
      );
      expect(stderr).not.toContain("secret");
      expect(existsSync(join(folder, "out/heads.csv"))).toBe(false);
    },
  );

  test("is refused by its address where that is none", async () => {
    const { code, stderr } = await cli(emptyFolder(), [
      "sweep",
      "status",
      "--redis",
      "http://host",
    ]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "error: --redis needs an address such as redis://host:6379\n",
    });
  });
});
