import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";

interface Flags {
  readonly folder: string;
}

export const command = defineCommand({
  name: "sweep tables",
  description: "write the tables of what a folder has of a plan, and compute nothing",
  declare: (command: Command) =>
    command
      .argument("<plan>", "the plan, YAML or JSON: models, studies, seeds, options")
      .requiredOption("--folder <folder>", "where Results are, and tables go"),
  carryOut: async ({ folder: path }: Flags, [plan]: readonly [string], surroundings) => {
    const { existsSync } = await import("node:fs");
    const { InputError } = await import("../../base/errors.ts");
    const { visible } = await import("../../draw/visible.ts");
    const { readPlan } = await import("../sweep/readPlan.ts");
    const { sweepFolder } = await import("../sweep/folder.ts");
    const { writeTables } = await import("../sweep/writeTables.ts");
    const { stdout = process.stdout } = surroundings ?? {};
    const jobs = await readPlan(plan);
    if (!existsSync(path)) throw new InputError("file", `there is no folder ${path}`);
    const folder = sweepFolder(path);
    const files = await writeTables(jobs, folder);
    const there = jobs.filter((job) => folder.done(job) !== null).length;
    const lines = [
      `in the tables: ${there} of ${jobs.length}`,
      ...files.map((file) => `wrote ${file}`),
    ];
    stdout.write(lines.map((line) => `${visible(line)}\n`).join(""));
  },
});
