import type { Command } from "commander";
import { byteCount, integer } from "./values.ts";

/** How many jobs of a sweep run at once, and what they may take. */
export function poolOptions(command: Command): Command {
  return command
    .option("--workers <n>", "jobs at once (default: half of the cores)", integer(1))
    .option(
      "--memory-budget <size>",
      "what jobs may take together, such as 8GB (default: 80 % of what is free)",
      byteCount,
    )
    .option(
      "--disk-budget <size>",
      "what downloaded checkpoints may take between jobs, such as 50GB; those used longest ago go first (default: all stay)",
      byteCount,
    );
}
