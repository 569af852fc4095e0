import { extname } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../base/errors.ts";
import { defineCommand } from "../commandSpec.ts";
import { FIGURE, FORMATS } from "../flags/sharedFlags.ts";
import { readResult } from "../readResult.ts";

interface Flags {
  readonly out?: string | undefined;
  readonly title?: string | undefined;
  readonly figure?: string | undefined;
}

const DEFAULT_PAGE = "output/report.html";

export const command = defineCommand({
  name: "report",
  description: "one offline page from Results that were kept as JSON, or a figure of one",
  declare: (command: Command) =>
    command
      .argument("<result...>", "JSON files of --out or --json, in the order of the sections")
      .option("--out <file>", `the page, .html (default ${DEFAULT_PAGE}); with --figure ${FORMATS}`)
      .option("--figure <name>", FIGURE)
      .option("--title <text>", "what the page is called (default Induction heads)"),
  carryOut: async (flags: Flags, [files]: readonly [readonly string[]]) => {
    const { out = DEFAULT_PAGE, figure, title } = flags;
    await (figure === undefined
      ? writePage(files, out, title)
      : writeFigure(files, figure, out, title));
    process.stdout.write(`wrote ${out}\n`);
  },
});

/** Reads every Result before anything is written. */
async function writePage(files: readonly string[], out: string, title?: string): Promise<void> {
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
}

async function writeFigure(
  files: readonly string[],
  figure: string,
  out: string,
  title?: string,
): Promise<void> {
  const [name, ...others] = files;
  if (others.length > 0)
    throw new InputError("options", `--figure is of one Result, got ${files.length}`, {
      option: "figure",
    });
  const { checkOutput } = await import("../../draw/write.ts");
  const { figureChoice } = await import("../../studies/figures.ts");
  const { writeResult } = await import("../../studies/writeResult.ts");
  checkOutput(out);
  figureChoice(figure);
  await writeResult(await readResult(name!), out, { title, figure, name });
}
