import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "../base/errors.ts";
import { checkPlace, replaceFile } from "../draw/replaceFile.ts";

export interface ReportCommandOptions {
  readonly out?: string | undefined;
  readonly title?: string | undefined;
}

const DEFAULT_PAGE = "output/report.html";

/** Reads every Result before anything is written. */
export async function reportCommand(
  files: readonly string[],
  { out = DEFAULT_PAGE, title }: ReportCommandOptions,
): Promise<void> {
  if (extname(out).toLowerCase() !== ".html")
    throw new InputError("output", `a report needs a file that ends in .html, got ${out}`);
  checkPlace(out);
  const results = await Promise.all(
    files.map(async (name) => ({ name, result: await readResult(name) })),
  );
  const { reportPage, REPORT_TITLE } = await import("../studies/reportPage.ts");
  const { drawnInNode } = await import("../draw/drawnInNode.ts");
  replaceFile(out, await reportPage(title ?? REPORT_TITLE, results, drawnInNode));
  process.stdout.write(`wrote ${out}\n`);
}

async function readResult(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the Result ${path}: ${error.message}`, {
      cause: error,
    });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("result", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
