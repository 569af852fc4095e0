/**
 * @file Starts a process that computes. Whatever ends it, nothing that it wrote into memory for its engine stays there; and where its memory
 * has a limit, what it gives back goes back to the system.
 */
import { fork, type ChildProcess, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { removeLeftBy } from "../runtime/memoryLeftovers.ts";

/**
 * glibc keeps blocks below 32 MB that were given back, unless this is set: a sweep that opens hundreds of sessions in 600 MB took 1.1 GB, .86 with it,
 * in a tenth more time. Whoever set it themselves is not overruled.
 */
export const SMALL_PROCESS = {
  MALLOC_MMAP_THRESHOLD_: process.env["MALLOC_MMAP_THRESHOLD_"] ?? "2000000",
};

export interface WorkOptions extends Pick<ForkOptions, "cwd" | "stdio"> {
  /** What it may take, if that is known; left out: nobody said. */
  readonly memory?: number | undefined;
}

/** @param file what it runs; messages keep undefined values and arrays of numbers */
export function forkWork(
  file: URL,
  args: readonly string[] = [],
  { memory, ...options }: WorkOptions = {},
): ChildProcess {
  const env = { ...process.env, ...(memory !== undefined && SMALL_PROCESS) };
  const child = fork(fileURLToPath(file), args, { serialization: "advanced", env, ...options });
  child.once("exit", () => removeLeftBy(child.pid!));
  return child;
}
