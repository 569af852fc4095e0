import { join } from "node:path";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import { linePicture, matricesPicture, scatterPicture } from "../../draw/pictures.ts";
import { replaceFile } from "../../draw/replaceFile.ts";
import type { StudyPicture } from "../../draw/studyView.ts";
import { sweepFigures } from "./figures.ts";
import type { SweepFolder } from "./folder.ts";
import type { SweepJob } from "./plan.ts";
import { sweepTables, tidyCsv, tidyParquet, type SweepTables } from "./tables.ts";

/** Writes the tables of what the folder has of these jobs, and the figures that they give. @returns the files */
export async function writeTables(
  jobs: readonly SweepJob[],
  folder: SweepFolder,
): Promise<string[]> {
  const tables = sweepTables(jobs, folder);
  const files: string[] = [];
  const write = (name: string, content: string | Uint8Array) => {
    const file = join(folder.path, name);
    replaceFile(file, content);
    files.push(file);
  };
  for (const [name, table] of Object.entries(tables)) {
    if (table.rows.length === 0) continue;
    write(`${name}.csv`, tidyCsv(table));
    write(`${name}.parquet`, await tidyParquet(table));
  }
  for (const [name, picture] of Object.entries(picturesOf(tables)))
    if (picture) write(`${name}.svg`, await lazySvg(picture, drawnInNode)("light"));
  return files;
}

/** By the name of the file; undefined where the tables have too little for one. */
function picturesOf(tables: SweepTables): Record<string, StudyPicture | undefined> {
  const { family, checkpoints, formation, seeds } = sweepFigures(tables);
  return {
    family: family && linePicture(family),
    checkpoints: checkpoints && matricesPicture(checkpoints),
    formation: formation && linePicture(formation),
    seeds: seeds && scatterPicture(seeds),
  };
}
