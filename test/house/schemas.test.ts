import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { cardResult } from "../../src/studies/info/result.ts";
import { rulesSchema } from "../../src/studies/check/rulesFile.ts";
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

test("docs/schema/info.json is the schema of the architecture card", async () => {
  const schema = `${JSON.stringify(z.toJSONSchema(cardResult), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot(join(FOLDER, "info.json"));
});

test("docs/schema/rules.json is the schema of a file of rules", async () => {
  const schema = `${JSON.stringify(z.toJSONSchema(rulesSchema), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot(join(FOLDER, "rules.json"));
});

test("docs/schema has no file but of the card, of rules, and of studies in the registry", () => {
  const names = [...Object.keys(STUDIES), "info", "rules"].map((name) => `${name}.json`);
  expect(readdirSync(FOLDER).sort()).toEqual(names.sort());
});
