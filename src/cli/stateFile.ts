/** @file Steps of a long study on disk, a line of JSON each, so that an interrupted command goes on where it stopped. */
import { appendFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256Hex } from "../base/sha256.ts";
import { VERSION } from "../base/version.ts";
import { cacheFolder } from "../formats/firstSight.ts";
import type { StepMemory } from "../studies/verdict/steps.ts";

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
  const steps = await readSteps(path);
  if (steps.size > 0)
    notice(`going on after ${steps.size} steps that an earlier run left in ${path}`);
  const started = performance.now();
  let waiting: string[] = [];
  let told = steps.size > 0;
  return {
    recall: (step) => Promise.resolve(steps.get(step)),
    async keep(step, value) {
      waiting.push(`${JSON.stringify({ step, value })}\n`);
      if (performance.now() - started < WORTH_KEEPING_MS) return;
      const lines = `\n${waiting.join("")}`; // an earlier run may have been ended within a line
      waiting = [];
      const kept = await mkdir(dirname(path), { recursive: true })
        .then(() => appendFile(path, lines))
        .then(
          () => true,
          () => false,
        );
      if (kept && !told) notice(`if this is stopped, the same command goes on from ${path}`);
      told = true;
    },
    finished: () => rm(path, { force: true }).catch(() => undefined),
  };
}

/** A last line that was cut off, or a file that makes no sense, remembers nothing. */
async function readSteps(path: string): Promise<Map<string, unknown>> {
  const text = await readFile(path, "utf8").catch(() => "");
  const steps = new Map<string, unknown>();
  for (const line of text.split("\n")) {
    try {
      const { step, value } = JSON.parse(line) as { step: string; value: unknown };
      steps.set(step, value);
    } catch {
      continue;
    }
  }
  return steps;
}
