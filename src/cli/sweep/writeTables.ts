import { join } from "node:path";
import { replaceFile } from "../../draw/replaceFile.ts";
import type { SweepFolder } from "./folder.ts";
import type { SweepJob } from "./plan.ts";
import { sweepTables, tidyCsv, tidyParquet } from "./tables.ts";

/** Writes the tables of what the folder has of these jobs. @returns the files */
export async function writeTables(
  jobs: readonly SweepJob[],
  folder: SweepFolder,
): Promise<string[]> {
  const tables = sweepTables(jobs, folder);
  const files: string[] = [];
  for (const [name, table] of Object.entries(tables)) {
    if (table.rows.length === 0) continue;
    for (const [extension, content] of [
      ["csv", tidyCsv(table)],
      ["parquet", await tidyParquet(table)],
    ] as const) {
      const file = join(folder.path, `${name}.${extension}`);
      replaceFile(file, content);
      files.push(file);
    }
  }
  return files;
}
