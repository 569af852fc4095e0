import type { Command } from "commander";

/** Which queue, on which server. */
export function queueOptions(command: Command): Command {
  return command
    .option(
      "--redis <url>",
      "the server, Redis or Valkey (default: REDIS_URL, or redis://127.0.0.1:6379)",
    )
    .option("--queue <name>", "name of the queue (default sweep)");
}
