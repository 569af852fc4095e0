import { readFile } from "node:fs/promises";
import { InputError } from "../../base/errors.ts";
import { sweepJobs, type SweepJob } from "./plan.ts";

/** The jobs of the plan in a file. @throws {InputError} "file" if it cannot be read, "options" if it is not a plan */
export async function readPlan(path: string): Promise<readonly SweepJob[]> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the plan ${path}: ${error.message}`, {
      cause: error,
    });
  });
  return sweepJobs(text, path);
}
