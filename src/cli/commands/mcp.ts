import type { Command } from "commander";
import { defineCommand } from "../commandSpec.ts";
import {
  partFlags,
  type EngineFlags,
  type ModelFlags,
  type OutputFlags,
} from "../flags/partFlags.ts";
import { engine, keepingDecoded } from "../flags/sharedFlags.ts";
import { byteCount } from "../flags/values.ts";
import type { McpFlags } from "../mcp/serveTools.ts";

type Flags = EngineFlags & ModelFlags & OutputFlags & McpFlags;

export const command = defineCommand({
  name: "mcp",
  description:
    "offer studies to agents as tools of the Model Context Protocol, on standard input and output",
  declare,
  carryOut: async (flags: Flags, [folders]: readonly [readonly string[]], surroundings) => {
    const { inFrame } = await import("../frame.ts");
    const { serveTools } = await import("../mcp/serveTools.ts");
    const { common, own } = partFlags<McpFlags>(flags);
    await inFrame(common, (frame) => serveTools(frame, folders, own), surroundings);
  },
});

function declare(command: Command): Command {
  const withFlags = command
    .argument(
      "<folder...>",
      "folders that clients may read; relative names are looked up in them in turn",
    )
    .option("--hub", "allow models of the hub too, which are downloaded (default: none)")
    .option("--offline", "ask nothing of the network; use what the cache has")
    .option(
      "--text-only",
      "answer with the text that the command prints, without the Result as JSON",
    )
    .option("--no-cache", "keep no finished steps on disk");
  return engine(keepingDecoded(withFlags), "all cores").option(
    "--memory <size>",
    "what the process may take, such as 2GB; a larger model runs in pieces (default: what is free)",
    byteCount,
  );
}
