import { extname } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { defineCommand } from "../commandSpec.ts";
import { readResult } from "../readResult.ts";

interface Flags {
  readonly out?: string | undefined;
  readonly title?: string | undefined;
}

const DEFAULT_PAGE = "output/report.html";

export const command = defineCommand({
  name: "report",
  description: "one offline page from Results that were kept as JSON",
  declare: (command: Command) =>
    command
      .argument("<result...>", "JSON files of --out or --json, in the order of the sections")
      .option("--out <file>", `the page, .html (default ${DEFAULT_PAGE})`)
      .option("--title <text>", "what the page is called (default Induction heads)"),
  carryOut: writePage,
});

/** Reads every Result before anything is written. */
async function writePage(
  { out = DEFAULT_PAGE, title }: Flags,
  [files]: readonly [readonly string[]],
): Promise<void> {
  if (extname(out).toLowerCase() !== ".html")
    throw new InputError("output", `a report needs a file that ends in .html, got ${out}`);
  const { checkPlace, replaceFile } = await import("../../draw/replaceFile.ts");
  checkPlace(out);
  const results = await Promise.all(
    files.map(async (name) => ({ name, result: await readResult(name) })),
  );
  const { reportPage, REPORT_TITLE } = await import("../../studies/reportPage.ts");
  const { drawnInNode } = await import("../../draw/drawnInNode.ts");
  replaceFile(out, await reportPage(title ?? REPORT_TITLE, results, drawnInNode));
  process.stdout.write(`wrote ${out}\n`);
}
