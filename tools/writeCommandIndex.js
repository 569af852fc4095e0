/** @file Writes dist/cli/commandIndex.json: what help says of each command, so that the command line loads only the one it is asked for. */
import { writeFileSync } from "node:fs";
import { INDEX_FILE } from "../dist/cli/commandIndex.js";
import { loadCommandModules } from "../dist/cli/commands.js";
import { buildProgram, termOf } from "../dist/cli/program.js";

const modules = await loadCommandModules();
const commands = modules.map(({ command }) => command);
const program = buildProgram(commands, () => Promise.resolve());
const index = modules.map(({ command: { name, description }, module }, place) => ({
  ...{ name, description, module, term: termOf(program.commands[place]) },
}));
writeFileSync(INDEX_FILE, `${JSON.stringify(index)}\n`);
