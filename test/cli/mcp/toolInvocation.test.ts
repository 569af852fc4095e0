import { Command } from "commander";
import { expect, test } from "vitest";
import { partFlags } from "../../../src/cli/flags/partFlags.ts";
import { confinement } from "../../../src/cli/mcp/confinement.ts";
import { toolInvocation } from "../../../src/cli/mcp/invocation.ts";
import { buildTools } from "../../../src/cli/mcp/tools.ts";
import { emptyFolder } from "../cli.ts";

test("a call names the command line that asks for the same, which the list of kept work shows", async () => {
  const tools = await buildTools({ hub: false });
  const tool = tools.find(({ name }) => name === "ablate")!;
  const allowed = await confinement([emptyFolder()], { hub: false });
  const server = partFlags({ threads: 2, device: "auto" as const, memory: 1.5e9, offline: true });
  const values = { model: "planted:induction", set: [["1.0", "0.1"], "0.0"], eachHead: true };
  const call = await toolInvocation(tool, values, allowed, server.common);
  expect(call.command).toEqual([
    ...["ablate", "--set=1.0,0.1", "--set=0.0", "--each-head"],
    ...["--threads=2", "--memory=1500MB", "--offline", "--", "planted:induction"],
  ]);
  const [name, ...words] = call.command;
  const typed = tool.spec.declare(new Command(name)).parse(words, { from: "user" });
  expect(typed.processedArgs).toEqual(call.args);
  const { json: _json, quiet: _quiet, ...flags } = call.flags;
  expect(typed.opts()).toMatchObject(JSON.parse(JSON.stringify(flags)) as object);
});
