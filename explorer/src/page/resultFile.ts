/** @file Results of the command line that the reader opens beside models. */
import type { NamedResult } from "induction-lens/report";
import type { ChosenFiles } from "./files.ts";

/** Larger ones are not Results: those of large models have a few megabytes. */
const MOST_BYTES = 2e8;

/** The Result in a file that is alone; null for everything else. */
export async function resultIn({ files }: ChosenFiles): Promise<NamedResult | null> {
  const [file] = files;
  const isAlone = files.length === 1 && file!.name.endsWith(".json");
  if (!isAlone || file!.blob.size > MOST_BYTES) return null;
  try {
    const result = JSON.parse(await file!.blob.text()) as { readonly schema?: unknown } | null;
    const isResult = /^induction-lens\/[a-z-]+@\d+$/.test(String(result?.schema));
    return isResult ? { name: file!.name, result } : null;
  } catch {
    return null;
  }
}
