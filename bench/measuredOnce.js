/** @file What was measured stays on disk, so a run that was interrupted goes on where it stopped. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What `file` has, else what `measure` gives, which is then written to it. */
export async function measuredOnce(file, measure) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const measured = await measure();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify(measured));
  renameSync(`${file}.part`, file); // whole or not at all
  return measured;
}
