/** @file All commands, in the order in which help lists them. */
import { readdirSync } from "node:fs";
import { STUDIES } from "../studies/registry.ts";
import { command as atlas } from "./commands/atlas.ts";
import { command as cache } from "./commands/cache.ts";
import { command as exportModel } from "./commands/export.ts";
import { command as explore } from "./commands/explore.ts";
import { command as info } from "./commands/info.ts";
import { command as mcp } from "./commands/mcp.ts";
import { command as report } from "./commands/report.ts";
import { command as sweep } from "./commands/sweep.ts";
import { command as sweepCancel } from "./commands/sweepCancel.ts";
import { command as sweepPush } from "./commands/sweepPush.ts";
import { command as sweepStatus } from "./commands/sweepStatus.ts";
import { command as sweepTables } from "./commands/sweepTables.ts";
import { command as sweepWork } from "./commands/sweepWork.ts";
import { command as tokens } from "./commands/tokens.ts";
import { command as train } from "./commands/train.ts";
import { command as zoo } from "./commands/zoo.ts";
import type { CommandSpec } from "./commandSpec.ts";

const STUDIES_FOLDER = new URL("../studies/", import.meta.url);

/** The commands of studies, as the registry has them; then the others. */
export async function loadCommands(): Promise<readonly CommandSpec[]> {
  const ofStudies = await Promise.all(studyFolders().map(commandIn));
  const order = Object.keys(STUDIES);
  const place = ({ name }: CommandSpec) => (order.includes(name) ? order.indexOf(name) : Infinity);
  const sorted = ofStudies.toSorted((command, other) => (place(command) < place(other) ? -1 : 1));
  const sweeps = [sweep, sweepPush, sweepWork, sweepStatus, sweepCancel, sweepTables];
  return [
    ...sorted,
    ...sweeps,
    atlas,
    report,
    explore,
    mcp,
    train,
    exportModel,
    info,
    tokens,
    zoo,
    cache,
  ];
}

/** Folders of studies that have a command; some have none, such as those that `patch` chooses among. */
function studyFolders(): string[] {
  const entries = readdirSync(STUDIES_FOLDER, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders
    .filter((folder) => readdirSync(new URL(`${folder}/`, STUDIES_FOLDER)).some(isCommandFile))
    .toSorted();
}

const isCommandFile = (name: string) => name === "command.js" || name === "command.ts";

async function commandIn(folder: string): Promise<CommandSpec> {
  const { command } = (await import(`../studies/${folder}/command.ts`)) as {
    readonly command: CommandSpec;
  };
  return command;
}
