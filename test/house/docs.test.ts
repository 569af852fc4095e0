/** @file Pages of docs are run: every example prints what its page says (`UPDATE_DOCS=1` writes what it prints). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { expect, test } from "vitest";
import * as library from "../../src/index.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const EXAMPLE = /```js\n(.*?)```\n\n```text\n(.*?)```/gs;

/** What an example prints; its import becomes a look at the source of this checkout. */
async function printedBy(code: string): Promise<string> {
  const body = code.replace(/import \{(.*?)\} from "induction-lens";/s, "const {$1} = library;");
  expect(body).not.toContain("import ");
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(values.map(String).join(" "));
  const run = new Function("library", "console", `return (async () => {${body}})();`) as (
    from: typeof library,
    console: { log: typeof log },
  ) => Promise<void>;
  await run(library, { log });
  return `${lines.join("\n").trimEnd()}\n`;
}

test.each([
  ["causal.md", 6],
  ["detector.md", 6],
  ["nanogpt.md", 1],
  ["phase.md", 2],
  ["training.md", 1],
  ["verdict.md", 1],
] as const)("every example of docs/%s prints what it says", async (name, least) => {
  const file = join(DOCS, name);
  let page = readFileSync(file, "utf8");
  const examples = [...page.matchAll(EXAMPLE)];
  expect(examples.length).toBeGreaterThanOrEqual(least);
  for (const [whole, code, said] of examples) {
    const printed = await printedBy(code!);
    if (process.env["UPDATE_DOCS"] === "1")
      page = page.replace(whole, () =>
        whole.replace(`\`\`\`text\n${said}`, () => `\`\`\`text\n${printed}`),
      );
    else expect(printed).toBe(said);
  }
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(file, await prettier.format(page, { parser: "markdown", printWidth: 100 }));
});
