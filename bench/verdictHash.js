/** @file A hash of the code that verdicts come from, so that a verdict that was kept is never one of other rules. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const DIST = join(import.meta.dirname, "../dist");
const PARTS = ["measure", "inputs", "interventions", "studies/verdict", "text/patterns"];

/** Eight characters, of the compiled code in {@link PARTS}. */
export function verdictHash() {
  const hash = createHash("sha256");
  for (const part of PARTS)
    for (const name of readdirSync(join(DIST, part), { recursive: true, encoding: "utf8" }).sort())
      if (name.endsWith(".js")) hash.update(name).update(readFileSync(join(DIST, part, name)));
  return hash.digest("hex").slice(0, 8);
}
