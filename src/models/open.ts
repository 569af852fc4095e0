/** @file Opens what the user calls a model: an existing path, `planted:NAME`, or a hub id. Node only. */
import { stat } from "node:fs/promises";
import { InputError } from "../base/errors.ts";
import { openFolder } from "./folder.ts";
import type { LoadedModel, LoadOptions } from "./loaded.ts";
import { openPlanted } from "./planted/planted.ts";

/**
 * The model called `name`: an existing path comes first, then `planted:`. Its files stay open until `close`.
 *
 * @throws {InputError} "unknown-model" or "file" if there is none; "config" or "weights" if it cannot be used
 */
export async function openModel(name: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const found = await stat(name).catch(() => null);
  if (found?.isDirectory()) return openFolder(name, name, options);
  if (found)
    throw new InputError(
      "file",
      `${name} should be a folder with config.json and safetensors, is a file`,
    );
  const [scheme, rest] = name.split(/:(.*)/s);
  if (scheme === "planted" && rest !== undefined) return openPlanted(rest);
  throw new InputError(
    "file",
    `there is no folder ${name}, and it is no planted model (planted:NAME)`,
  );
}
