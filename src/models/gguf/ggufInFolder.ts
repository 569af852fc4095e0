import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../base/errors.ts";
import { someOf } from "../../base/someOf.ts";
import { firstParts } from "../../formats/gguf/partNames.ts";

/**
 * The path of the one GGUF in a folder, the first part of it where it is in several; null if there is none. Node only.
 *
 * @throws {InputError} "file" where there are several, of which one is to be named
 */
export async function ggufInFolder(folder: string): Promise<string | null> {
  const names = (await readdir(folder)).filter((name) => /\.gguf$/i.test(name));
  const firsts = firstParts(names);
  if (firsts.length <= 1) return firsts[0] === undefined ? null : join(folder, firsts[0]);
  throw new InputError(
    "file",
    `${folder} has no config.json and several GGUF files (${someOf(firsts, ", ", 8)}): name one of them`,
  );
}
