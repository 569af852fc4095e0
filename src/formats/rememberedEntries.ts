/** @file Small facts in a file of the cache, by key. Node only. The cache is a convenience: nothing fails when it cannot be kept. */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const MAX_ENTRIES = 500;

export interface RememberedEntries<Value> {
  get(key: string): Promise<Value | undefined>;
  set(key: string, value: Value): Promise<void>;
}

/** The entries in the file `path`; one that cannot be read or makes no sense remembers nothing. The last 500 stay. */
export function rememberedEntries<Value>(
  path: string,
  value: z.ZodType<Value>,
): RememberedEntries<Value> {
  const entries = z.array(z.tuple([z.string(), value]));
  const read = async () => {
    try {
      return entries.parse(JSON.parse(await readFile(path, "utf8")));
    } catch {
      return [];
    }
  };
  return {
    get: async (key) => (await read()).find(([other]) => other === key)?.[1],
    /** Reads again before writing, so that of two processes that write at once at most the last entry is lost. */
    async set(key, entry) {
      const others = (await read()).filter(([other]) => other !== key);
      const temporary = `${path}.${randomUUID()}`;
      try {
        await mkdir(dirname(path), { recursive: true });
        const newest = [[key, entry], ...others.slice(0, MAX_ENTRIES - 1)];
        await writeFile(temporary, JSON.stringify(newest));
        await rename(temporary, path);
      } catch {
        await rm(temporary, { force: true }).catch(() => undefined); // a home that cannot be written is not an error
      }
    },
  };
}
