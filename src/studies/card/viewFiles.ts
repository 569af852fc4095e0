/** @file A card as one folder: Markdown, an offline page, JSON and its picture. Node only. */
import { FIGURE_FILES } from "../../draw/figures/figureFileNames.ts";
import { drawnInNode } from "../../draw/drawnInNode.ts";
import { jsonText } from "../../draw/json.ts";
import { lazySvg } from "../../draw/lazySvg.ts";
import { picturesOf } from "../../draw/pictures.ts";
import { checkFolder, replaceFolder } from "../../draw/replaceFolder.ts";
import { studyPage } from "../../draw/studyPage.ts";
import { cardView } from "./view.ts";
import { cardMarkdown } from "./viewMarkdown.ts";
import type { CardResult } from "./result.ts";

const FILES = { markdown: "card.md", page: "card.html", json: "card.json", picture: "card.png" };

const NAMES = [...Object.values(FILES), ...FIGURE_FILES];

/** @throws {InputError} "output" for a folder that `writeCard` could not write */
export function checkCardFolder(folder: string): void {
  checkFolder(folder, NAMES);
}

/**
 * Writes the card into `folder`: all files or none.
 *
 * @param more files of a figure
 * @returns names of the files; @throws {InputError} "output" for a folder that holds anything else, or cannot be written
 */
export async function writeCard(
  result: CardResult,
  folder: string,
  more: ReadonlyMap<string, string | Uint8Array> = new Map(),
): Promise<string[]> {
  checkCardFolder(folder);
  const { png } = await import("../../draw/png.ts");
  const view = cardView(result);
  const [picture] = picturesOf(view);
  const files = new Map<string, string | Uint8Array>([
    [FILES.markdown, await cardMarkdown(result, FILES.picture)],
    [FILES.page, await studyPage(view, result, drawnInNode)],
    [FILES.json, jsonText(result)],
    [FILES.picture, await png(await lazySvg(picture!, drawnInNode)("light"))],
    ...more,
  ]);
  replaceFolder(folder, files, NAMES);
  return [...files.keys()];
}
