import { execFileSync, fork } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { csvParse } from "d3-dsv";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { sweepJobs } from "../../../src/cli/sweep/plan.ts";
import type { SweepSummary } from "../../../src/cli/sweep/runSweep.ts";
import { PANDAS, readByPandas } from "../../studies/pandas.ts";
import { cli, emptyFolder, pathsIn, started } from "../cli.ts";

const PLAN = `models: ["zoo:attn-2l@{0,50,100,1500}", "zoo:llama-gqa"]
studies: [score, verdict]
seeds: [0, 1]
options: {numExamples: 12, quick: true}
`;
const JOBS = 20;
const TABLES = ["heads.csv", "heads.parquet", "models.csv", "models.parquet"];

function planned(text = PLAN): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, "plan.yml"), text);
  return folder;
}

const swept = (folder: string, ...more: string[]) =>
  cli(folder, ["sweep", "plan.yml", "--folder", "out", "--json", ...more]);
const summaryOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as SweepSummary;
const tablesOf = (folder: string) =>
  TABLES.map((name) => readFileSync(join(folder, "out", name)).toString("base64"));

function processes(): { pid: number; parent: number }[] {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return { pid: pid!, parent: parent! };
  });
}

/** A command is carried out by its child, whose children are the workers. */
function descendantsOf(ancestor: number): number[] {
  const all = processes();
  const childrenOf = (pid: number) => all.filter(({ parent }) => parent === pid);
  return childrenOf(ancestor).flatMap(({ pid }) => [pid, ...descendantsOf(pid)]);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe("sweep (runs the built package)", () => {
  test(
    "gives the same tables in one go, in shards, and killed again and again",
    { timeout: 300_000, tags: ["slow"] },
    async () => {
      const whole = planned();
      const done = await swept(whole, "--workers", "2");
      expect(done).toMatchObject({ code: 0 });
      expect(summaryOf(done)).toMatchObject({
        jobs: JOBS,
        computed: JOBS,
        known: 0,
        inTables: JOBS,
      });
      const tables = tablesOf(whole);

      const again = summaryOf(await swept(whole, "--workers", "2"));
      expect(again).toMatchObject({ computed: 0, known: JOBS });
      expect(tablesOf(whole)).toEqual(tables);

      const shards = planned();
      const parts = [];
      for (const shard of ["2/3", "1/3", "3/3"])
        parts.push(summaryOf(await swept(shards, "--shard", shard, "--workers", "1")));
      expect(parts.reduce((sum, { computed }) => sum + computed, 0)).toBe(JOBS);
      expect(tablesOf(shards)).toEqual(tables);

      const killed = planned();
      for (let time = 0; time < 4; time++) {
        const { child, end } = started(killed, [
          "sweep",
          "plan.yml",
          "--folder",
          "out",
          "--workers",
          "2",
        ]);
        await new Promise((resolve) => setTimeout(resolve, 900 + 400 * time));
        child.kill("SIGKILL");
        await end;
      }
      const last = summaryOf(await swept(killed, "--workers", "2"));
      expect(last.computed + last.known).toBe(JOBS);
      expect(tablesOf(killed)).toEqual(tables);
      expect(readdirSync(join(killed, "out/results"))).toEqual(
        readdirSync(join(whole, "out/results")),
      );
    },
  );

  test("ends the processes of a sweep that was killed, also those that had not begun to listen", async () => {
    const folder = planned(
      "models: [zoo:attn-2l]\noptions: {numExamples: 500000}\n", // would take minutes
    );
    for (const generations of [1, 2]) {
      const { child, end } = started(folder, ["sweep", "plan.yml", "--folder", "out"]);
      const below = () => descendantsOf(child.pid!);
      await until(() => below().length >= generations);
      const all = below();
      child.kill("SIGKILL");
      await end;
      await until(() => !processes().some(({ pid }) => all.includes(pid)));
    }

    const orphan = fork(join(import.meta.dirname, "../../../dist/cli/sweep/worker.js"), {
      ...{ serialization: "advanced", stdio: "ignore" },
      env: { ...process.env, XDG_CACHE_HOME: folder },
    });
    const over = new Promise((resolve) => orphan.once("exit", resolve));
    const setup = { folder: join(folder, "out"), engine: { threads: 1 }, model: {} };
    const [job] = await sweepJobs("models: [zoo:attn-1l]\noptions: {numExamples: 4}\n", "plan.yml");
    orphan.send({ setup });
    orphan.send({ job });
    orphan.send({ go: true });
    orphan.disconnect();
    await over;
    expect(pathsIn(folder).filter((path) => path.endsWith(".json"))).toEqual([]);
  }, 120_000);

  test("has a row for each head in CSV and Parquet, with scores and labels together", async () => {
    const folder = planned(
      "models: [zoo:attn-2l]\nstudies: [verdict, score]\noptions: {quick: true}\n",
    );
    await swept(folder);
    const lines = readFileSync(join(folder, "out/heads.csv"), "utf8").trimEnd().split("\r\n");
    expect(lines).toHaveLength(9);
    const bytes = readFileSync(join(folder, "out/heads.parquet"));
    const file = bytes.buffer.slice(
      bytes.byteOffset,
      bytes.byteOffset + bytes.length,
    ) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    const head = rows.find(({ layer, head: at }) => layer === 1 && at === 0)!;
    expect(head).toMatchObject({
      model: "zoo:attn-2l",
      parameters: 41920,
      label: "induction",
      seed: 0,
    });
    expect(head["induction"]).toBeGreaterThan(0.9);
    const names = lines[0]!.split(",");
    const cells = lines.find((line) => line.split(",")[names.indexOf("layer")] === "1")!.split(",");
    expect(Number(cells[names.indexOf("induction")])).toBe(head["induction"]);
  });

  test.runIf(PANDAS)(
    "pandas reads Parquet as it reads CSV: the same names, text, numbers and gaps",
    async () => {
      const folder = planned(
        "models: [planted:t5, zoo:attn-1l]\nstudies: [score, verdict]\noptions: {numExamples: 10, seqLen: 16, quick: true}\n",
      );
      await swept(folder);
      const fileOf = (name: string, ending: string) => join(folder, "out", `${name}.${ending}`);
      const names = ["heads", "models", "stacks"];
      const files = names.flatMap((name) => [fileOf(name, "csv"), fileOf(name, "parquet")]);
      const frames = readByPandas(PANDAS!, files);
      names.forEach((name, place) => {
        const [csv, parquet] = [frames[2 * place]!, frames[2 * place + 1]!];
        const rows = parquet.rows.map((row) => row.map((cell) => (cell === "" ? null : cell))); // CSV has one empty field for both
        expect({ columns: parquet.columns, rows }, name).toEqual({
          columns: csv.columns,
          rows: csv.rows,
        });
        expect(parquet.rows.length).toBeGreaterThan(0);
        const kindOf = (column: string) => parquet.kinds[parquet.columns.indexOf(column)];
        expect([kindOf("model"), kindOf("layers"), kindOf("parameters")]).toEqual(["O", "i", "f"]);
      });
    },
  );

  test("scores models of stacks by direction, in a table of their own beside that of decoders", async () => {
    const folder = planned(
      "models: [planted:t5, zoo:attn-1l]\noptions: {numExamples: 10, seqLen: 16}\n",
    );
    expect(summaryOf(await swept(folder))).toMatchObject({ computed: 2, failed: [], inTables: 2 });
    const rowsOf = (file: string) => csvParse(readFileSync(join(folder, "out", file), "utf8"));
    const stacks = rowsOf("stacks.csv");
    const planted = stacks.find(
      ({ direction, layer, head, score }) =>
        `${direction} ${layer}.${head} ${score}` === "across 0.0 alignment",
    )!;
    expect(planted).toMatchObject({
      model: "planted:t5",
      part: "decoder cross-attention to what the encoder reads",
      depth: "0",
    });
    expect(Number(planted["value"])).toBeGreaterThan(0.98);
    expect(Number(planted["uniform"])).toBeLessThan(0.2);
    expect(new Set(stacks.map(({ model }) => model))).toEqual(new Set(["planted:t5"]));
    const models = (file: string) => [...new Set(rowsOf(file).map(({ model }) => model))];
    expect(models("heads.csv")).toEqual(["zoo:attn-1l"]);
    expect(models("models.csv")).toEqual(["planted:t5", "zoo:attn-1l"]);
  });

  test("sets a model that cannot be read aside with its sentence, and finishes the others", async () => {
    const folder = planned("models: [./broken, zoo:attn-1l]\n");
    mkdirSync(join(folder, "broken"));
    writeFileSync(join(folder, "broken/config.json"), '{"model_type": "gpt2"}');
    const run = await swept(folder);
    expect(run.code).toBe(3);
    expect(run.stderr).toContain("1 of 2 jobs were set aside");
    const { computed, failed } = summaryOf(run);
    expect({ computed, failed }).toMatchObject({
      computed: 1,
      failed: [{ model: "./broken", study: "score" }],
    });
    expect(failed[0]!.error).toContain("./broken needs model.safetensors");
    expect(readdirSync(join(folder, "out/failed"))).toHaveLength(1);
  });

  test("runs jobs that need more than the budget alone", async () => {
    const folder = planned("models: [zoo:attn-1l, zoo:attn-2l]\n");
    const run = await swept(folder, "--workers", "2", "--memory-budget", "1MB");
    expect(summaryOf(run)).toMatchObject({ computed: 2, failed: [] });
  });

  test("gives the same tables to two at once, beside another version's entries and clocks that are wrong", async () => {
    const plan = "models: [zoo:attn-1l]\nseeds: [0, 1]\noptions: {numExamples: 4}\n";
    const folder = planned(plan);
    const both = await Promise.all([
      swept(folder, "--workers", "1"),
      swept(folder, "--workers", "1"),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const tables = tablesOf(folder);

    const [name] = readdirSync(join(folder, "out/jobs"));
    const entry = join(folder, "out/jobs", name!);
    const original = JSON.parse(readFileSync(entry, "utf8")) as { key: string };
    const other = { ...original, version: "0.0.1", key: "another" };
    writeFileSync(entry, JSON.stringify(other));
    writeFileSync(join(folder, "out/results/another.json"), '{"scores": "of another version"}');
    const [past, future] = [new Date(0), new Date("2100-01-01")];
    for (const file of readdirSync(join(folder, "out/results")))
      utimesSync(join(folder, "out/results", file), past, future);
    const again = summaryOf(await swept(folder, "--workers", "1"));
    expect(again).toMatchObject({ computed: 0, known: 2, inTables: 2 });
    expect(tablesOf(folder)).toEqual(tables);
    expect(JSON.parse(readFileSync(entry, "utf8"))).toEqual(original);
  }, 120_000);

  test("refuses a shard past the end, a plan that is none, and a study that it does not have", async () => {
    const folder = planned("models: [zoo:attn-1l]\nstudies: [patch]\n");
    expect(await swept(folder, "--shard", "4/3")).toMatchObject({ code: 2 });
    const { code, stderr } = await swept(folder);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'plan.yml is not a plan: studies[0] must be "score" or "verdict", got "patch"',
      ) as string,
    });
    expect(existsSync(join(folder, "out"))).toBe(false);
  });
});
