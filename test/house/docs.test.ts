/** @file Pages of docs are run: every example prints what its page says (`UPDATE_DOCS=1` writes what it prints). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { expect, test } from "vitest";
import * as graph from "../../src/graph.ts";
import * as main from "../../src/index.ts";
import * as measure from "../../src/measure.ts";
import * as report from "../../src/report.ts";
import * as train from "../../src/train.ts";

/** The public entries, by what is imported. */
const ENTRIES = {
  "induction-lens": main,
  "induction-lens/graph": graph,
  "induction-lens/measure": measure,
  "induction-lens/report": report,
  "induction-lens/train": train,
};

const DOCS = join(import.meta.dirname, "../../docs");
const EXAMPLE = /```js\n(.*?)```\n\n```text\n(.*?)```/gs;

/** What an example prints; its imports read the source of this checkout. */
async function printedBy(code: string): Promise<string> {
  const body = code.replaceAll(
    /import \{(.*?)\} from "(induction-lens[\w/]*)";/gs,
    (_, names: string, entry: string) =>
      `const {${names.replaceAll(/(\w+) as (\w+)/g, "$1: $2")}} = entries["${entry}"];`,
  );
  expect(body).not.toContain("import ");
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(values.map(String).join(" "));
  const run = new Function("entries", "console", `return (async () => {${body}})();`) as (
    entries: typeof ENTRIES,
    console: { log: typeof log },
  ) => Promise<void>;
  await run(ENTRIES, { log });
  return `${lines.join("\n").trimEnd()}\n`;
}

test.each([
  ["causal.md", 6],
  ["detector.md", 6],
  ["library.md", 12],
  ["nanogpt.md", 1],
  ["phase.md", 2],
  ["training.md", 1],
  ["verdict.md", 1],
] as const)("every example of docs/%s prints what it says", async (name, least) => {
  const file = join(DOCS, name);
  let page = readFileSync(file, "utf8");
  const examples = [...page.matchAll(EXAMPLE)];
  expect(examples.length).toBeGreaterThanOrEqual(least);
  for (const [whole, code, text] of examples) {
    const printed = await printedBy(code!);
    if (process.env["UPDATE_DOCS"] === "1")
      page = page.replace(whole, () =>
        whole.replace(`\`\`\`text\n${text}`, () => `\`\`\`text\n${printed}`),
      );
    else expect(printed).toBe(text);
  }
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(file, await prettier.format(page, { parser: "markdown", printWidth: 100 }));
});
