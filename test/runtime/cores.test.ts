/** @file How many threads an engine gets, from the files in which Linux says it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { usableCores } from "../../src/runtime/cores.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function system(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "cores-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** Processors in pairs, as hyper-threads are: n and n + half are one core. */
function hyperThreads(processors: number): Record<string, string> {
  const half = processors / 2;
  return Object.fromEntries(
    Array.from({ length: processors }, (_, cpu) => [
      `sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`,
      `${cpu % half},${(cpu % half) + half}\n`,
    ]),
  );
}

const allowed = (list: string) => ({
  "proc/self/status": `Name:\tnode\nCpus_allowed_list:\t${list}\n`,
});

test("is what the process may run on where the system says nothing", () => {
  expect(usableCores(system({}), 6)).toBe(6);
  expect(usableCores(system(allowed("0-5")), 6)).toBe(6);
});

test("counts two hyper-threads of a core once, and only those that the process may run on", () => {
  expect(usableCores(system({ ...hyperThreads(16), ...allowed("0-15") }), 16)).toBe(8);
  expect(usableCores(system({ ...hyperThreads(16), ...allowed("0-3,8") }), 5)).toBe(4);
  expect(usableCores(system({ ...hyperThreads(16), ...allowed("3,11") }), 2)).toBe(1);
});

test.each([
  ["200000 100000", 2],
  ["350000 100000", 3],
  ["50000 100000", 1],
  ["max 100000", 8],
  ["not a number", 8],
])("takes no more than a control group's %s grants: %s", (text, cores) => {
  const root = system({ "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": `${text}\n` });
  expect(usableCores(root, 8)).toBe(cores);
});

test("takes the tightest of the control groups around the process", () => {
  const root = system({
    "proc/self/cgroup": "0::/slice/service/inner\n",
    "sys/fs/cgroup/slice/cpu.max": "300000 100000\n",
    "sys/fs/cgroup/slice/service/cpu.max": "max 100000\n",
    "sys/fs/cgroup/slice/service/inner/cpu.max": "600000 100000\n",
  });
  expect(usableCores(root, 8)).toBe(3);
});

test("reads control groups of the first version, inside a container too", () => {
  const group = "11:cpu,cpuacct:/docker/0123\n5:memory:/docker/0123\n";
  const quota = (path: string, text: string) => ({
    [`sys/fs/cgroup/cpu,cpuacct/${path}cpu.cfs_quota_us`]: text,
    [`sys/fs/cgroup/cpu,cpuacct/${path}cpu.cfs_period_us`]: "100000\n",
  });
  const own = { "proc/self/cgroup": group, ...quota("docker/0123/", "400000\n") };
  expect(usableCores(system(own), 8)).toBe(4);
  const outermost = { "proc/self/cgroup": group, ...quota("", "200000\n") };
  expect(usableCores(system(outermost), 8)).toBe(2);
  const unlimited = { "proc/self/cgroup": group, ...quota("", "-1\n") };
  expect(usableCores(system(unlimited), 8)).toBe(8);
});
