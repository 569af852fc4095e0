/** @file Writes what a server would send as a folder for any host. */
import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../../base/errors.ts";
import { checkFolder } from "../../draw/replaceFolder.ts";
import type { Manifest, Served } from "../../server/manifest.ts";

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
 * Puts all of the manifest into `folder` by way of a new one beside it.
 *
 * @returns bytes written
 * @throws {InputError} "output" if the system does not let us, or as `checkShared`
 */
export function writeShared(folder: string, manifest: Manifest): number {
  checkShared(folder);
  const target = resolve(folder);
  const fresh = `${target}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    let sizeBytes = 0;
    for (const [path, file] of manifest) {
      if (path === "/") continue; // the same as index.html
      writeServed(join(fresh, path), file);
      sizeBytes += file.sizeBytes;
    }
    if (statSync(target, { throwIfNoEntry: false })) rmSync(target, { recursive: true });
    renameSync(fresh, target);
    return sizeBytes;
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError("output", `output ${folder} could not be written: ${reason}`, { cause });
  }
}

function writeServed(place: string, { body, path }: Served): void {
  mkdirSync(dirname(place), { recursive: true });
  if (body) writeFileSync(place, body);
  else copyFileSync(path!, place);
}
