import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../base/errors.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { someOf } from "../../base/someOf.ts";
import { jsonFrom } from "../userFile.ts";
import { headCardResult, type CardResult } from "../../studies/card/result.ts";

/** A card, and a name for its files. */
export interface AtlasCard {
  readonly slug: string;
  readonly card: CardResult;
}

const DEEPEST = 4;

/**
 * All cards in `folder` and the folders in it, whatever their files are called; other JSON is left alone. The same card twice is one.
 *
 * @throws {InputError} "file" for a folder that cannot be read or has no card, "result" for a card that is not whole
 */
export async function readCards(folder: string): Promise<readonly AtlasCard[]> {
  const files = (await jsonFiles(folder, DEEPEST)).sort();
  const cards = new Map<string, CardResult>();
  for (const file of files) {
    const card = await cardIn(file);
    if (card) cards.set(JSON.stringify({ ...card, timings: null }), card);
  }
  if (cards.size === 0)
    throw new InputError(
      "file",
      `${folder} has no cards (induction-lens card MODEL --out FOLDER writes one)`,
    );
  return withSlugs([...cards.values()]);
}

async function jsonFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new InputError("file", `cannot read the folder ${folder}: ${error.message}`, {
      cause: error,
    });
  });
  const files = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? jsonFiles(path, depth - 1) : [];
    return entry.name.endsWith(".json") ? [path] : [];
  });
  return (await Promise.all(files)).flat();
}

/** Null for what is not a card at all. */
async function cardIn(file: string): Promise<CardResult | null> {
  const text = await readFile(file, "utf8");
  if (!text.includes('"induction-lens/card@')) return null;
  const value = jsonFrom(text, file, "result");
  if ((value as { schema?: unknown } | null)?.schema !== "induction-lens/card@1") return null;
  const read = headCardResult.safeParse(value);
  if (read.success) return read.data;
  const faults = someOf(faultSentences(read.error.issues, value), "; ");
  throw new InputError("result", `${file} is not a whole card: ${faults}`);
}

/** Small models first; names are those of models in letters that are safe in addresses. */
function withSlugs(cards: readonly CardResult[]): AtlasCard[] {
  const slugs = new Set(["index"]);
  return cards
    .toSorted(
      (a, b) =>
        a.model.family.localeCompare(b.model.family) ||
        a.parameters - b.parameters ||
        a.model.id.localeCompare(b.model.id),
    )
    .map((card) => {
      const base = slugOf(card.model.id);
      let slug = base;
      for (let time = 2; slugs.has(slug); time++) slug = `${base}-${time}`;
      slugs.add(slug);
      return { slug, card };
    });
}

function slugOf(id: string): string {
  const name = id
    .replace(/^(zoo|planted):/, "")
    .split(/[\\/]/)
    .slice(-2)
    .join("-");
  const safe = name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-");
  return safe.replaceAll(/^[-.]+|[-.]+$/g, "").slice(0, 80) || "model";
}
