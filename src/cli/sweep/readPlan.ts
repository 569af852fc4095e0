import { textIn } from "../userFile.ts";
import { sweepJobs, type SweepJob } from "./plan.ts";

/** The jobs of the plan in a file. @throws {InputError} "file" if it cannot be read, "options" if it is not a plan */
export async function readPlan(path: string): Promise<readonly SweepJob[]> {
  return sweepJobs(await textIn(path, "the plan"), path);
}
