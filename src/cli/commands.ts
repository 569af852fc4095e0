/** @file All commands, in the order in which help lists them; or only the one that is asked for, by the index that the build writes. */
import { readdirSync } from "node:fs";
import { STUDIES } from "../studies/registry.ts";
import { indexedCommand, readCommandIndex, type IndexedCommand } from "./commandIndex.ts";
import type { CommandSpec } from "./commandSpec.ts";

const STUDIES_FOLDER = new URL("../studies/", import.meta.url);

/** Files of the commands that run no study, in the order of help. */
const OTHER_FILES = [
  ...(["sweep", "sweepPush", "sweepWork", "sweepStatus", "sweepCancel", "sweepTables"] as const),
  ...(["atlas", "report", "explore", "mcp", "train", "export", "info", "tokens"] as const),
  ...(["zoo", "cache"] as const),
];

/** A command, and the module that has it, from this one. */
export interface CommandModule {
  readonly command: CommandSpec;
  readonly module: string;
}

/** The commands of studies, as the registry has them; then the others. */
export async function loadCommandModules(): Promise<readonly CommandModule[]> {
  const ofStudies = studyFolders().map((folder) => `../studies/${folder}/command`);
  const others = OTHER_FILES.map((file) => `./commands/${file}`);
  const order = Object.keys(STUDIES);
  const place = ({ command: { name } }: CommandModule) =>
    order.includes(name) ? order.indexOf(name) : Infinity;
  const sorted = (await Promise.all(ofStudies.map(commandIn))).toSorted((one, other) =>
    place(one) < place(other) ? -1 : 1,
  );
  return [...sorted, ...(await Promise.all(others.map(commandIn)))];
}

export async function loadCommands(): Promise<readonly CommandSpec[]> {
  return (await loadCommandModules()).map(({ command }) => command);
}

/**
 * All commands, of which only those called one of `names` can be carried out and have flags; the others have what help says of
 * them. All are loaded where the build wrote no index, and where it has none of these names.
 */
export async function loadCommandsNamed(names: readonly string[]): Promise<readonly CommandSpec[]> {
  const index = readCommandIndex();
  const isAsked = ({ name }: IndexedCommand) => names.includes(name);
  if (!index || (names.length > 0 && !index.some(isAsked))) return loadCommands();
  const modules = index.map(async (entry) =>
    isAsked(entry) ? (await commandIn(entry.module)).command : indexedCommand(entry),
  );
  return Promise.all(modules);
}

/** Folders of studies that have a command; some have none, such as those that `patch` chooses among. */
function studyFolders(): string[] {
  const entries = readdirSync(STUDIES_FOLDER, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders
    .filter((folder) => readdirSync(new URL(`${folder}/`, STUDIES_FOLDER)).some(isCommandFile))
    .toSorted();
}

const isCommandFile = (name: string) => /^command\.[jt]s$/.test(name);

async function commandIn(module: string): Promise<CommandModule> {
  const { command } = (await import(`${module}${ENDING}`)) as { readonly command: CommandSpec };
  return { command, module };
}

/** Of this file and so of its neighbours: .ts in the repository, .js in the package. */
const ENDING = import.meta.url.slice(import.meta.url.lastIndexOf("."));
