/** @file Steps of a long study on disk, a line of JSON each, so that an interrupted command goes on where it stopped. */
import { join } from "node:path";
import { sha256Hex } from "../base/hash.ts";
import { VERSION } from "../base/version.ts";
import { cacheFolder } from "../formats/firstSight.ts";
import type { StepMemory } from "../studies/verdict/steps.ts";
import { keptLines } from "./keptLines.ts";

/** Work of less than this is quicker done again than kept. */
const WORTH_KEEPING_MS = 5000;

/** Where the steps of one study on one model with these options lie. */
export async function statePath(study: string, about: unknown): Promise<string> {
  const key = await sha256Hex(new TextEncoder().encode(JSON.stringify([VERSION, about])));
  return join(cacheFolder(), study, `${key.slice(0, 32)}.jsonl`);
}

/**
 * The steps in the file at `path`, which appears once there is something worth keeping and goes when all is finished. A
 * place that cannot be written is no fault: nothing is kept then.
 *
 * @param notice told where the steps are, when it goes on from them and when it begins to keep them
 */
export async function stateFile(path: string, notice: (text: string) => void): Promise<StepMemory> {
  const lines = keptLines(path, WORTH_KEEPING_MS);
  const steps = new Map(lines.left.flatMap(stepOf));
  if (steps.size > 0)
    notice(`going on after ${steps.size} steps that an earlier run left in ${path}`);
  let told = steps.size > 0;
  return {
    recall: (step) => Promise.resolve(steps.get(step)),
    keep(step, value) {
      const kept = lines.keep({ step, value });
      if (kept && !told) notice(`if this is stopped, the same command goes on from ${path}`);
      told ||= kept;
      return Promise.resolve();
    },
    finished: () => Promise.resolve(lines.remove()),
  };
}

function stepOf(line: unknown): [string, unknown][] {
  const { step, value } = (line ?? {}) as { readonly step?: unknown; readonly value?: unknown };
  return typeof step === "string" ? [[step, value]] : [];
}
