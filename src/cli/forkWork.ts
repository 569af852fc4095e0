/** @file Starts a process that computes. Whatever ends it, nothing that it wrote into memory for its engine stays there. */
import { fork, type ChildProcess, type ForkOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import { removeLeftBy } from "../runtime/memoryLeftovers.ts";

/** @param file what it runs; messages keep undefined values and arrays of numbers */
export function forkWork(
  file: URL,
  args: readonly string[] = [],
  options: ForkOptions = {},
): ChildProcess {
  const child = fork(fileURLToPath(file), args, { serialization: "advanced", ...options });
  child.once("exit", () => removeLeftBy(child.pid!));
  return child;
}
