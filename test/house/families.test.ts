/** @file docs/families.md has a row for every family, and for nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAMILIES } from "../../src/models/families.ts";

const ROOT = join(import.meta.dirname, "../..");

test("docs/families.md has a row for each model_type", () => {
  const page = readFileSync(join(ROOT, "docs/families.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(?!model_type`)([\w-]+)`/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(Object.keys(FAMILIES).toSorted());
});
