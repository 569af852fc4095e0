/**
 * The deepest folder that holds all of `paths` (absolute, links resolved), and paths relative to it: engines read
 * external data from one folder only and refuse to leave it.
 */
export function commonFolder(paths: readonly string[]): {
  readonly folder: string;
  readonly relative: (path: string) => string;
} {
  const split = paths.map((path) => path.split(/[\\/]/).slice(0, -1));
  const shortest = Math.min(...split.map((parts) => parts.length));
  let depth = 0;
  while (depth < shortest && split.every((parts) => parts[depth] === split[0]![depth])) depth++;
  const folder = split[0]!.slice(0, depth).join("/") || "/";
  return { folder, relative: (path) => path.split(/[\\/]/).slice(depth).join("/") };
}
