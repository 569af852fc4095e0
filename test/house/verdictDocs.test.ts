import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as thresholds from "../../src/measure/verdict/thresholds.ts";
import { FLAGS, LABELS } from "../../src/measure/verdict/names.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/verdict.md"), "utf8");

test("docs/verdict.md has every threshold with its value, and no other", () => {
  const rows = [...PAGE.matchAll(/^\| `([A-Z_]+)` *\| ([\d.]+) *\|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual({
    ...thresholds,
  });
});

test("docs/verdict.md explains every label and flag", () => {
  for (const name of [...LABELS, ...FLAGS]) expect(PAGE).toContain(`\`${name}\``);
});
