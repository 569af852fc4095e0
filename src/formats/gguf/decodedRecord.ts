/** @file What lies beside decoded weights in the cache: what they were made from, and how they looked when they were right. Node only. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { cacheFolder } from "../firstSight.ts";

const record = z.object({
  /** The GGUF's name; records of older versions have none. */
  name: z.string().optional(),
  crc32: z.int(),
  size: z.int(),
  mtimeMs: z.number(),
  ino: z.number(),
});
export type DecodedRecord = z.infer<typeof record>;

/** Where decoded weights lie. */
export function decodedFolder(folder: string = cacheFolder()): string {
  return join(folder, "decoded");
}

/** Where the record of the weights at `path` lies. */
export const recordOf = (path: string): string => `${path}.json`;

/** The record of the weights at `path`; undefined if there is none, or it is something else. */
export function readRecord(path: string): Promise<DecodedRecord | undefined> {
  return readFile(recordOf(path), "utf8").then(
    (text) => record.safeParse(jsonOrNothing(text)).data,
    () => undefined,
  );
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
