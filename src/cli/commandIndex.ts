/** @file What `npm run build` writes of each command, so that help and the start of one command load no other. */
import { existsSync, readFileSync } from "node:fs";
import type { CommandSpec } from "./commandSpec.ts";

/** A command as help lists it. */
export interface IndexedCommand {
  readonly name: string;
  readonly description: string;
  /** Its name with its arguments, such as `score [options] [model]`. */
  readonly term: string;
  /** The module that has it, without its ending, from `commands.ts`. */
  readonly module: string;
}

/** Beside the built files. */
export const INDEX_FILE = new URL("commandIndex.json", import.meta.url);

/** Null in the repository, where nothing is built, and after a build by the compiler alone. */
export function readCommandIndex(): readonly IndexedCommand[] | null {
  if (!existsSync(INDEX_FILE)) return null;
  return JSON.parse(readFileSync(INDEX_FILE, "utf8")) as readonly IndexedCommand[];
}

/** What stands in the list of help for a command that is not asked for. */
export function indexedCommand({ name, description, term }: IndexedCommand): CommandSpec {
  return {
    ...{ name, description, term },
    declare: (command) => command,
    carryOut: () => Promise.reject(new Error(`internal: ${name} is not loaded`)),
  };
}
