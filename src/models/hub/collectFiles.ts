/** @file Which of the wanted files a repository has, brought one after the other. */
import { parseJson } from "../../base/parseJson.ts";
import { InputError } from "../../base/errors.ts";
import { checkedFileName, shorten } from "./checkedNames.ts";
import type { WantedFiles } from "./wantedFiles.ts";

/** Tells whether the repository has a file of this name, and has it at hand when it says yes. */
export type Bring = (name: string) => Promise<boolean>;

/** The wanted files that there are, or a sentence's end about what is missing. */
export async function collectFiles(
  id: string,
  request: WantedFiles,
  bring: Bring,
  textOf: (name: string) => Promise<string>,
): Promise<readonly string[] | string> {
  const files: string[] = [];
  const missing: string[] = [];
  const take = async (name: string) => {
    const has = await bring(checkedFileName(name));
    if (has) files.push(name);
    return has;
  };
  for (const name of request.required) if (!(await take(name))) missing.push(name);
  for (const name of request.optional) await take(name);
  let first: string | undefined;
  for (const name of request.firstOf) {
    if (first === undefined && (await take(name))) first = name;
  }
  if (first?.endsWith(".index.json")) {
    for (const name of await shards(id, first, textOf)) if (!(await take(name))) missing.push(name);
  }
  if (missing.length > 0) return `has no ${missing.join(", ")}`;
  if (request.firstOf.length > 0 && first === undefined)
    return `has none of ${request.firstOf.join(", ")}`;
  return files;
}

/** Names of the files that an index of weights points to, each once. */
async function shards(
  id: string,
  index: string,
  textOf: (name: string) => Promise<string>,
): Promise<string[]> {
  let map: unknown;
  try {
    map = (parseJson(await textOf(index)) as { weight_map?: unknown }).weight_map;
  } catch (cause) {
    throw new InputError("hub-answer", `${index} of ${id} needs to be JSON`, { cause });
  }
  const names = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  if (
    names.length === 0 ||
    names.length > 10_000 ||
    !names.every((name) => typeof name === "string")
  ) {
    throw new InputError(
      "hub-answer",
      `${index} of ${id} needs a weight_map of file names, got ${shorten(map)}`,
    );
  }
  return names.sort();
}
