import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { InputError } from "../../base/errors.ts";
import { globPattern } from "../../base/glob.ts";
import { fileSource, type OpenFile } from "../../formats/file.ts";
import { readNpz } from "../../formats/npz.ts";
import { readTensor } from "../../formats/readTensor.ts";
import { readSafetensors } from "../../formats/safetensors.ts";
import { sha256 } from "../../formats/sha256.ts";
import { writePatterns } from "./viewFiles.ts";
import { patternsText } from "./viewText.ts";
import { jsonText } from "../../draw/json.ts";
import { checkOutput } from "../../draw/write.ts";
import type { Mask } from "./result.ts";
import type { AttentionArray } from "./attentionLayers.ts";
import type { PatternTokens } from "./plan.ts";
import { scorePatterns } from "./scorePatterns.ts";
import { interruption } from "../../cli/interruption.ts";

export interface ScorePatternsCommandOptions {
  readonly tokens: string;
  readonly mask: Mask;
  /** A glob: only arrays whose name it fits. */
  readonly arrays?: string | undefined;
  readonly out?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

export async function scorePatternsCommand(
  path: string,
  { tokens, mask, arrays = "*", out = [], json, quiet }: ScorePatternsCommandOptions,
): Promise<void> {
  out.forEach(checkOutput);
  const signal = interruption();
  const own = await readPatternTokens(tokens);
  const file = await fileSource(path);
  try {
    const all = await attentionArrays(path, file);
    const pattern = globPattern(arrays);
    const chosen = new Map([...all].filter(([name]) => pattern.test(name)));
    const result = await scorePatterns(chosen, own, {
      mask,
      name: path,
      sha256: await sha256([file], { signal }),
    });
    for (const place of out) await writePatterns(result, place);
    const { stdout, env } = process;
    const colour = stdout.isTTY && env["NO_COLOR"] === undefined;
    const text = () => patternsText(result, { colour, width: stdout.columns ?? 80 });
    stdout.write(json ? jsonText(result) : text());
  } finally {
    await file.close();
  }
  if (!quiet) process.stderr.write(out.map((place) => `wrote ${place}\n`).join(""));
}

const READERS: Readonly<
  Record<string, (file: OpenFile) => Promise<ReadonlyMap<string, AttentionArray>>>
> = {
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

function attentionArrays(path: string, file: OpenFile) {
  const read = READERS[extname(path).toLowerCase()];
  if (read) return read(file);
  throw new InputError(
    "file",
    `attention needs a file that ends in ${Object.keys(READERS).join(" or ")}, got ${path}`,
  );
}

const ids = z.array(z.array(z.number()));
const tokensFile = z.strictObject({
  tokens: ids,
  period: z.int().optional(),
  bos: z.boolean().optional(),
  keyTokens: ids.optional(),
});

async function readPatternTokens(path: string): Promise<PatternTokens> {
  const needs = `{"tokens": [[...]]}, and if they repeat "period" and "bos", for cross attention "keyTokens"`;
  try {
    const { period, bos, keyTokens, tokens } = tokensFile.parse(
      JSON.parse(await readFile(path, "utf8")),
    );
    return {
      tokens,
      ...(period !== undefined && { period }),
      ...(bos !== undefined && { bos }),
      ...(keyTokens !== undefined && { keyTokens }),
    };
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError
        ? cause.issues
            .slice(0, 5)
            .map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`)
            .join("; ")
        : (cause as Error).message;
    throw new InputError("tokens", `${path} needs ${needs}: ${reason}`, { cause });
  }
}
