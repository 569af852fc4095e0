/** @file A process that prints JSON, and the most memory that it had: its own, and what it wrote into files in memory. Linux only. */
import { spawn } from "node:child_process";
import { SMALL_PROCESS } from "../dist/cli/forkWork.js";
import { procBytes } from "./procBytes.js";

const SAMPLE_MS = 5;

/**
 * Runs Node with `args`.
 *
 * @param hasBudget whether it is started as commands are that have `--memory`
 * @returns what it printed as JSON, its `peakBytes` raised by what lies in memory files and is mapped by nobody, which the
 *   system does not count as the process's
 */
export async function measuredProcess(args, hasBudget = false) {
  const before = sharedBytes();
  const env = { ...process.env, ...(hasBudget && SMALL_PROCESS) };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  let sampledBytes = 0;
  const samples = setInterval(() => {
    const own = ownBytes(child.pid);
    if (own > 0) sampledBytes = Math.max(sampledBytes, own + sharedBytes() - before);
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(samples);
  if (code !== 0) throw new Error(`${args.join(" ")}: exit code ${code}`);
  const result = JSON.parse(printed);
  return { ...result, peakBytes: Math.max(result.peakBytes, sampledBytes) };
}

/** All files in memory of the machine: nothing else should write any meanwhile. */
const sharedBytes = () => procBytes("/proc/meminfo", "Shmem");

/** Without its part of those; 0 once it has ended. */
function ownBytes(pid) {
  try {
    const status = `/proc/${pid}/status`;
    return procBytes(status, "RssAnon") + procBytes(status, "RssFile");
  } catch {
    return 0;
  }
}
