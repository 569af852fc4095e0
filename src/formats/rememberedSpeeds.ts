import { join } from "node:path";
import { z } from "zod";
import type { SpeedMemory } from "../base/backend.ts";
import { cacheFolder } from "./firstSight.ts";
import { rememberedEntries } from "./rememberedEntries.ts";

/** How fast devices were, in `devices.json` of the cache. Without that file everything is measured anew. */
export function rememberedSpeeds(folder = cacheFolder()): SpeedMemory {
  return rememberedEntries(join(folder, "devices.json"), z.union([z.number(), z.string()]));
}
