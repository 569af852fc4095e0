/** @file The two files of `score-patterns`: attention as arrays, and the tokens whose attention it is. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { parseJson } from "../../base/parseJson.ts";
import { faultSentences } from "../../base/faultSentences.ts";
import { InputError } from "../../base/errors.ts";
import { globPattern } from "../../base/glob.ts";
import type { OpenFile } from "../../formats/file.ts";
import { readNpz } from "../../formats/npz.ts";
import { readTensor } from "../../formats/readTensor.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import type { AttentionArray } from "./attentionLayers.ts";
import type { PatternTokens } from "./plan.ts";

type Arrays = ReadonlyMap<string, AttentionArray>;

/**
 * The arrays of `file` whose names fit `glob`.
 *
 * @throws {InputError} "file" for another kind of file, "type" for numbers of another kind; and as the readers
 */
export async function attentionArrays(file: OpenFile, path: string, glob: string): Promise<Arrays> {
  const read = READERS[extname(path).toLowerCase()];
  if (!read)
    throw new InputError(
      "file",
      `attention needs a file that ends in ${Object.keys(READERS).join(" or ")}, got ${path}`,
    );
  const fits = globPattern(glob);
  return new Map([...(await read(file))].filter(([name]) => fits.test(name)));
}

const READERS: Readonly<Record<string, (file: OpenFile) => Promise<Arrays>>> = {
  ".npz": readNpz,
  ".safetensors": async (file) => {
    const { weights, unsupported } = await readSafetensors(file);
    for (const [name, dtype] of unsupported) {
      throw new InputError("type", `${file.name} needs F32, F16 or BF16, has ${dtype} in ${name}`);
    }
    return new Map(
      [...weights].map(([name, stored]) => [
        name,
        { shape: stored.shape, read: () => readTensor(stored) },
      ]),
    );
  },
};

const ids = z.array(z.array(z.number()));
const tokensFile = z.strictObject({
  tokens: ids,
  period: z.int().optional(),
  bos: z.boolean().optional(),
  keyTokens: ids.optional(),
});

export async function readPatternTokens(path: string): Promise<PatternTokens> {
  const needs = `{"tokens": [[...]]}, and if they repeat "period" and "bos", for cross attention "keyTokens"`;
  try {
    const value: unknown = parseJson(await readFile(path, "utf8"));
    const reading = tokensFile.safeParse(value);
    if (reading.success) return reading.data;
    throw new Error(faultSentences(reading.error.issues, value).join("; "));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new InputError("tokens", `${path} needs ${needs}: ${reason}`, { cause });
  }
}
