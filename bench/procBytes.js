/** @file Sizes of memory as Linux tells them in kilobytes, in bytes. */
import { readFileSync } from "node:fs";

/** The line `key` of a file below /proc; 0 if it has none, as processes that have ended. */
export function procBytes(path, key) {
  const line = new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(path, "utf8"));
  return 1024 * Number(line?.[1] ?? 0);
}
