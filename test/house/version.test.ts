import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VERSION } from "../../src/base/version.ts";

const read = (file: string) => readFileSync(join(import.meta.dirname, "../..", file), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, unknown>;

test("the version in the code is that of package.json", () => {
  expect(VERSION).toBe(manifest["version"]);
});

test("every dependency has one exact version", () => {
  const groups = ["dependencies", "optionalDependencies", "devDependencies"];
  const versions = groups.flatMap((group) => Object.entries(manifest[group] as object));
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test("the lock file names no registry, so that any will do; the one path in it is the workspace", () => {
  const lock = read("package-lock.json");
  expect(lock).not.toMatch(/"resolved": "(?!explorer")|https?:\/\/[\w.-]*(registry|npm)[\w.-]*\//);
});

test("the lock file has every optional package of other platforms, without which npm ci refuses", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const locked = Object.keys(packages);
  const names = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  const missing = names.filter((name) => !locked.some((path) => path.endsWith(`/${name}`)));
  expect(names.length).toBeGreaterThan(0);
  expect(missing).toEqual([]);
});
