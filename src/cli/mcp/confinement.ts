/** @file What a client may name: paths in the folders given at start, models of this package and, if allowed, of the hub. */
import { lstat, readdir, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { InputError } from "../../base/errors.ts";
import { isOfPackage } from "../../models/modelName.ts";

/** Checks names, and gives them as they are passed on. */
export interface Confinement {
  /** The first folder, in which relative names are looked up first. */
  readonly home: string;
  /**
   * An existing file or folder, as its real path.
   *
   * @throws {InputError} "path" for one that lies outside of all folders, itself or through a link
   */
  file(typed: string): Promise<string>;
  /**
   * A model: a path as above, in which no link leads out; `zoo:` or `planted:`; a hub id where those are allowed.
   *
   * @throws {InputError} "path" otherwise
   */
  model(typed: string): Promise<string>;
}

/** Entries of one model's folder that are looked at, for links. */
const MOST_ENTRIES = 10_000;
const HUB_ID = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?$/;

/**
 * @param folders that clients may read
 * @param options `hub` allows models of the hub
 * @throws {InputError} "path" for a folder that is not there
 */
export async function confinement(
  folders: readonly string[],
  { hub }: { readonly hub: boolean },
): Promise<Confinement> {
  const roots = await Promise.all(folders.map(rootOf));
  const file = async (typed: string) =>
    (await within(typed, roots)) ?? Promise.reject(outside(typed));
  return {
    home: roots[0]!,
    file,
    async model(typed) {
      if (isOfPackage(typed)) return typed;
      const path = await within(typed, roots);
      if (path !== null) return withoutWaysOut(path, typed, roots);
      if (!HUB_ID.test(typed)) throw outside(typed);
      if (!hub)
        throw new InputError(
          "path",
          `${noSuch(typed)}, and models of the hub are not allowed here (--hub)`,
        );
      return typed;
    },
  };
}

async function rootOf(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await lstat(root)).isDirectory()) return root;
  } catch (error) {
    throw new InputError("path", `there is no folder ${folder}`, { cause: error });
  }
  throw new InputError("path", `${folder} is not a folder`);
}

/**
 * The real path of `typed` if it lies in a folder; null if nothing of that name is in any.
 *
 * @throws {InputError} "path" if it is there and lies outside
 */
async function within(typed: string, roots: readonly string[]): Promise<string | null> {
  if (typed.includes("\0")) throw outside(typed);
  const candidates = isAbsolute(typed) ? [typed] : roots.map((root) => resolve(root, typed));
  for (const candidate of candidates) {
    const isInside = roots.some((root) => holds(root, candidate));
    // what lies outside is not looked up, so that nothing is learnt of whether it is there
    const real = isInside ? await realpath(candidate).catch(() => null) : null;
    if (real !== null && roots.some((root) => holds(root, real))) return real;
    if (!isInside || real !== null) throw outside(typed);
  }
  return null;
}

function holds(root: string, path: string): boolean {
  const way = relative(root, path);
  return (
    way === "" ||
    (way !== ".." && !way.startsWith("../") && !way.startsWith("..\\") && !isAbsolute(way))
  );
}

/** @throws {InputError} "path" if a link below `path` leads out of all folders */
async function withoutWaysOut(
  path: string,
  typed: string,
  roots: readonly string[],
): Promise<string> {
  const waiting = [path];
  for (let count = 0; waiting.length > 0; count++) {
    if (count > MOST_ENTRIES)
      throw new InputError(
        "path",
        `${typed} has more than ${MOST_ENTRIES} entries; name one model`,
      );
    const place = waiting.pop()!;
    const entry = await lstat(place);
    if (entry.isSymbolicLink()) {
      const real = await realpath(place).catch(() => null);
      if (real === null || !roots.some((root) => holds(root, real)))
        throw new InputError(
          "path",
          `${typed} has a link that leads out of the folders allowed here: ${relative(path, place)}`,
        );
    } else if (entry.isDirectory()) {
      waiting.push(...(await readdir(place)).map((name) => join(place, name)));
    }
  }
  return path;
}

const noSuch = (typed: string) => `there is no ${typed} in the folders allowed here`;

function outside(typed: string): InputError {
  return new InputError("path", noSuch(typed));
}
