/** @file Scripts of pages are written in TypeScript and lie bundled in the source as strings, so that nothing has to be built. */
import { join } from "node:path";
import prettier from "prettier";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { ATTENTION_SCRIPT } from "../../src/studies/attention/viewScript.ts";
import { FILTER_SCRIPT } from "../../src/draw/filterScript.ts";
import { SORT_SCRIPT } from "../../src/draw/sortScript.ts";

const SRC = join(import.meta.dirname, "../../src");

const SCRIPTS = [
  { name: "SORT_SCRIPT", source: "draw/inPage/sortTables.ts", bundle: "draw/sortScript.ts" },
  { name: "FILTER_SCRIPT", source: "draw/inPage/filterTable.ts", bundle: "draw/filterScript.ts" },
  {
    name: "ATTENTION_SCRIPT",
    source: "studies/attention/viewInPage.ts",
    bundle: "studies/attention/viewScript.ts",
  },
] as const;

async function bundled(source: string): Promise<string> {
  const bundle = await rolldown({ input: join(SRC, source), platform: "browser" });
  const { output } = await bundle.generate({ format: "iife", minify: true });
  await bundle.close();
  return output[0].code.trim();
}

describe("scripts of pages", () => {
  test.each(SCRIPTS)(
    "$bundle is the bundle of $source (npx vitest run test/house/pageScripts -u writes it)",
    async ({ name, source, bundle }) => {
      const text = `/** @file Made from ${source.split("/").at(-1)} by test/house/pageScripts.test.ts. */\nexport const ${name} = ${JSON.stringify(await bundled(source))};\n`;
      const file = join(SRC, bundle);
      const options = (await prettier.resolveConfig(file)) ?? {};
      const formatted = await prettier.format(text, { ...options, filepath: file });
      await expect(formatted).toMatchFileSnapshot(file);
    },
  );

  test("cannot end the element that they stand in, and ask for nothing outside the page", () => {
    for (const script of [SORT_SCRIPT, FILTER_SCRIPT, ATTENTION_SCRIPT]) {
      expect(script).not.toMatch(/<\/script|<!--/i);
      expect(script).not.toMatch(
        /\b(fetch|XMLHttpRequest|localStorage|sessionStorage|parent|top)\b[.(]/,
      );
    }
  });
});
