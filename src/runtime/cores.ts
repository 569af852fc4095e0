/** @file How many cores this process may use, which is how many threads an engine is fastest with. Node only. */
import { readFileSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

/**
 * Cores, not hyper-threads, that the process is let run on, and no more than its container or service has time for; at least 1.
 * What the system does not say is taken as unlimited.
 *
 * @param root where the files of the system are; a test has its own
 * @param processors those that the process may run on
 */
export function usableCores(root = "/", processors = availableParallelism()): number {
  const cores = coresOf(root) ?? processors;
  return Math.max(1, Math.min(processors, cores, Math.floor(grantedTime(root))));
}

/** Different cores among the processors that the process may run on; null where Linux does not say. */
function coresOf(root: string): number | null {
  const status = textOf(join(root, "proc/self/status"));
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? "")?.[1];
  const folder = join(root, "sys/devices/system/cpu");
  if (list === undefined) return null;
  const siblings = numbersIn(list).map(
    (cpu) => textOf(join(folder, `cpu${cpu}`, "topology/thread_siblings_list")) ?? `alone ${cpu}`,
  );
  return new Set(siblings.map((text) => text.trim())).size || null;
}

/** "0-3,8" as numbers. */
function numbersIn(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, at) => first! + at);
  });
}

/** Processors' worth of time that control groups, the process' own and those around it, grant; infinite without a limit. */
function grantedTime(root: string): number {
  const groups = textOf(join(root, "proc/self/cgroup")) ?? "";
  const limits = groups.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === "") return upwards(path).map((group) => shareOf(root, group));
    if (!controllers!.split(",").includes("cpu")) return [];
    return upwards(path).map((group) => oldShareOf(root, group));
  });
  return Math.min(Infinity, ...limits);
}

/** A path and all that it lies in; inside a container only the outermost may be there. */
function upwards(path: string): string[] {
  return path === "/" || path === "" ? ["/"] : [path, ...upwards(dirname(path))];
}

/** Version 2: "quota period" or "max period". */
function shareOf(root: string, path: string): number {
  const [quota, period] = (textOf(join(root, "sys/fs/cgroup", path, "cpu.max")) ?? "").split(" ");
  return shareFrom(Number(quota), Number(period));
}

/** Version 1: a quota below 0 means unlimited. */
function oldShareOf(root: string, path: string): number {
  for (const controller of folderNames(join(root, "sys/fs/cgroup"))) {
    if (!controller.split(",").includes("cpu")) continue;
    const folder = join(root, "sys/fs/cgroup", controller, path);
    const quota = Number(textOf(join(folder, "cpu.cfs_quota_us")) ?? NaN);
    const share = shareFrom(quota, Number(textOf(join(folder, "cpu.cfs_period_us")) ?? NaN));
    if (share < Infinity) return share;
  }
  return Infinity;
}

function shareFrom(quota: number, period: number): number {
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

function folderNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
