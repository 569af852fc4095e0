/** @file docs/lab.md and its examples: the script is run, the rest is parsed, and every command is one of the command line. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadCommands } from "../../../src/cli/commands.ts";
import { sweepJobs } from "../../../src/cli/sweep/plan.ts";
import { cli, emptyFolder } from "../cli.ts";

const ROOT = join(import.meta.dirname, "../../..");
const LAB = join(ROOT, "docs/examples/lab");
const PAGE = readFileSync(join(ROOT, "docs/lab.md"), "utf8");
const FIGURES = readFileSync(join(ROOT, "docs/figures.md"), "utf8");
const exampleOf = (name: string) => readFileSync(join(LAB, name), "utf8");

/** The words after induction-lens of every command in a text. */
function commandsIn(text: string): string[][] {
  const joined = text
    .replaceAll(/\\\n\s*/g, " ")
    .replaceAll("$INDUCTION_LENS", "npx induction-lens");
  return [...joined.matchAll(/(?:npx (?:--yes )?|\.bin\/)induction-lens ([a-z][^\n`;&]*)/g)].map(
    ([, words]) =>
      words!
        .replaceAll(/\$\{\{.*?\}\}/g, "1")
        .replaceAll('"$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"', "1/40")
        .replaceAll("{}/40", "1/40")
        .replaceAll('"', "")
        .trim()
        .split(/\s+/),
  );
}

describe("the walk from one model to a lab", () => {
  test("has commands that the command line takes, on its page and in its examples", async () => {
    const specs = await loadCommands();
    const texts = [PAGE, FIGURES, ...readdirSync(LAB).map(exampleOf)];
    const all = texts.flatMap(commandsIn);
    expect(all.length).toBeGreaterThanOrEqual(12);
    for (const words of all) {
      const name = [words.slice(0, 2).join(" "), words[0]!].find((part) =>
        specs.some((spec) => spec.name === part),
      );
      const spec = specs.find((item) => item.name === name);
      expect(spec, words.join(" ")).toBeDefined();
      const command = spec!.declare(new Command(name)).allowExcessArguments(false).exitOverride();
      command.configureOutput({ writeErr: () => undefined });
      const rest = words.slice(name!.split(" ").length);
      expect(() => command.parse(rest, { from: "user" }), words.join(" ")).not.toThrow();
    }
  });

  test("has a plan that is one, and names every example", async () => {
    const jobs = await sweepJobs(exampleOf("plan.yml"), "plan.yml");
    expect(jobs).toHaveLength(20);
    for (const name of readdirSync(LAB)) expect(PAGE).toContain(`(examples/lab/${name})`);
  });

  test("has a queue with three workers that wait for the push", () => {
    const { services } = parse(exampleOf("docker-compose.yml")) as {
      services: Record<string, { deploy?: { replicas: number }; depends_on?: object }>;
    };
    expect(Object.keys(services)).toEqual(["valkey", "push", "worker"]);
    expect(services["worker"]).toMatchObject({
      deploy: { replicas: 3 },
      depends_on: { push: { condition: "service_completed_successfully" } },
    });
  });

  test("has a workflow whose shards are all of them, and whose tables wait for them", () => {
    const { jobs } = parse(exampleOf("sweep.yml")) as {
      jobs: {
        shard: { strategy: { matrix: { shard: number[] } }; steps: { run?: string }[] };
        tables: { needs: string };
      };
    };
    const { shard } = jobs.shard.strategy.matrix;
    const run = jobs.shard.steps.find((step) => step.run?.includes("--shard"))!.run!;
    expect(run).toContain(`/${shard.length}"`);
    expect(jobs.tables.needs).toBe("shard");
  });

  test(
    "has a Slurm script whose tasks come to the same table as one machine",
    { timeout: 120_000, tags: ["slow"] },
    async () => {
      const folder = emptyFolder();
      writeFileSync(
        join(folder, "plan.yml"),
        "models: [zoo:attn-1l]\nseeds: [0, 1, 2]\noptions: {numExamples: 4}\n",
      );
      writeFileSync(join(folder, "sweep.slurm"), exampleOf("sweep.slurm"));
      const main = `${process.execPath} ${join(ROOT, "dist/cli/main.js")}`;
      for (const task of ["1", "2", "3"]) {
        const { status, stderr } = spawnSync("bash", ["sweep.slurm"], {
          cwd: folder,
          encoding: "utf8",
          env: {
            ...process.env,
            ...{ FOLDER: "shards", INDUCTION_LENS: main },
            ...{ SLURM_ARRAY_TASK_ID: task, SLURM_ARRAY_TASK_COUNT: "3" },
          },
        });
        expect({ status, stderr }).toMatchObject({ status: 0 });
      }
      expect((await cli(folder, ["sweep", "plan.yml", "--folder", "alone"])).code).toBe(0);
      for (const name of [
        "heads.csv",
        "heads.parquet",
        "models.csv",
        "models.parquet",
        "seeds.svg",
      ])
        expect(readFileSync(join(folder, "shards", name)), name).toEqual(
          readFileSync(join(folder, "alone", name)),
        );
    },
  );
});
