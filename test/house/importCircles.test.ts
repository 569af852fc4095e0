import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "circles-"));
  await mkdir(join(folder, "src"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What `npm run check` says of these two files: its exit code, and its words. */
async function check(first: string, second: string): Promise<{ code: number; output: string }> {
  await writeFile(join(folder, "src/first.ts"), first);
  await writeFile(join(folder, "src/second.ts"), second);
  const depcruise = join(ROOT, "node_modules/.bin/depcruise");
  const config = join(ROOT, "tools/importCircles.config.js");
  return promisify(execFile)(depcruise, ["--config", config, "src"], { cwd: folder }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, output: stdout }),
  );
}

const USES_FIRST = `import { one } from "./first.ts";\nexport const two = () => one;\n`;

test.each([
  ["imports", `import { two } from "./second.ts";\nexport const one = () => two;\n`],
  ["type imports", `import type { Two } from "./second.ts";\nexport const one: Two = 1;\n`],
  ["late imports", `export const one = () => import("./second.ts");\n`],
])("npm run check refuses a circle through %s", async (_, first) => {
  const { code, output: text } = await check(first, `${USES_FIRST}export type Two = number;\n`);
  expect(text).toContain("import-circle: src/first.ts");
  expect(code).toBe(1);
});

test("npm run check accepts files without a circle", async () => {
  expect((await check("export const one = 1;\n", USES_FIRST)).code).toBe(0);
});
