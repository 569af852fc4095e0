import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { auditResult } from "../../../src/results/audit.ts";
import { detectorResult } from "../../../src/results/detector.ts";
import { patternsResult } from "../../../src/results/patterns.ts";

test.each([
  ["audit", auditResult],
  ["detector", detectorResult],
  ["score-patterns", patternsResult],
] as const)(
  "docs/schema/%s.json is the schema of the Result (-u writes it)",
  async (name, schema) => {
    await expect(`${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`).toMatchFileSnapshot(
      join(import.meta.dirname, `../../../docs/schema/${name}.json`),
    );
  },
);
