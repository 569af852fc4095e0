/** @file Writes what a server would send as a folder for any host. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../../base/errors.ts";
import { checkFolder, refillFolder } from "../../draw/replaceFolder.ts";
import type { Manifest, ServedFile } from "../../server/manifest.ts";

/** What a shared folder may have. */
const PARTS = ["index.html", "icon.svg", "assets", "zoo", "figure", "model"];

/** Refuses a folder with files that a shared explorer does not have, and touches nothing. @throws {InputError} "output" */
export function checkShared(folder: string): void {
  checkFolder(folder, PARTS);
  const index = join(folder, "index.html");
  if (!existsSync(index) || readFileSync(index, "utf8").includes(MARK)) return;
  throw new InputError(
    "output",
    `refusing to overwrite ${folder}: its index.html is not one that explore --share wrote; choose another folder`,
  );
}

/** What the document of every shared explorer has. */
const MARK = 'id="shared"';

/**
 * Puts all of the manifest into `folder`, in one step.
 *
 * @returns bytes written
 * @throws {InputError} "output" if the system does not let us, or as `checkShared`
 */
export function writeShared(folder: string, manifest: Manifest): number {
  checkShared(folder);
  const files = [...manifest].filter(([path]) => path !== "/"); // the same as index.html
  refillFolder(folder, (fresh) => {
    for (const [path, file] of files) writeServed(join(fresh, path), file);
  });
  return files.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
}

function writeServed(place: string, { body, path }: ServedFile): void {
  mkdirSync(dirname(place), { recursive: true });
  if (body) writeFileSync(place, body);
  else copyFileSync(path!, place);
}
