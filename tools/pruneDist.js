/** @file Removes from dist/ what was compiled from sources that are no longer there, so that no stale file is packed. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const compiled = existsSync(dist) ? readdirSync(dist, { recursive: true }).map(String) : [];
for (const file of compiled.filter((name) => /\.(js|d\.ts)(\.map)?$/.test(name))) {
  const source = file.replace(/(\.d)?\.(js|ts)(\.map)?$/, ".ts");
  if (!existsSync(join(root, "src", source))) rmSync(join(dist, file));
}
