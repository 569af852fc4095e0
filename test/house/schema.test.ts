import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { scoreResult } from "../../src/results/score.ts";

test("docs/schema/score.json is the schema of the Result (npx vitest run test/house -u writes it)", async () => {
  const schema = z.toJSONSchema(scoreResult);
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
    join(import.meta.dirname, "../../docs/schema/score.json"),
  );
});
