import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { STUDIES } from "../../src/studies/registry.ts";

const FOLDER = join(import.meta.dirname, "../../docs/schema");

test.each(Object.entries(STUDIES))(
  "docs/schema/%s.json is the schema of the Result (npx vitest run test/house/schemas -u writes it)",
  async (name, load) => {
    const { study } = await load();
    const schema = z.toJSONSchema(study.result);
    expect(study.name).toBe(name);
    expect(schema.properties).toMatchObject({ schema: { const: `induction-lens/${name}@1` } });
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      join(FOLDER, `${name}.json`),
    );
  },
);

test("docs/schema has no file of a study that is not in the registry", () => {
  const known = Object.keys(STUDIES).map((name) => `${name}.json`);
  expect(readdirSync(FOLDER).sort()).toEqual(known.sort());
});
