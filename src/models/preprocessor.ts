/** @file What a folder says about images and sounds: preprocessor_config.json, or processor_config.json of newer writers. */
import { parseConfig } from "./config/configJson.ts";
import type { FolderText } from "./tokenizerFiles.ts";

export type MediaKind = "image" | "audio";

/** The settings as JSON; null where the folder has none. */
export type Preprocessor = (kind: MediaKind) => Promise<Readonly<Record<string, unknown>> | null>;

/** Files that are asked, in this order. */
export const PREPROCESSOR_FILES = ["preprocessor_config.json", "processor_config.json"] as const;

/** A newer file has the settings of each kind under a key of its own. */
const KEYS = { image: "image_processor", audio: "feature_extractor" } as const;

export function preprocessorIn(text: FolderText): Preprocessor {
  return async (kind) => {
    for (const name of PREPROCESSOR_FILES) {
      const json = await text(name);
      if (json === null) continue;
      const all = parseConfig(json, name);
      const own = all[KEYS[kind]];
      if (typeof own === "object" && own !== null) return own as Readonly<Record<string, unknown>>;
      if (name === PREPROCESSOR_FILES[0]) return all;
    }
    return null;
  };
}
