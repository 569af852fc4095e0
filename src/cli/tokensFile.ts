/** @file Files of the user's own rows: token ids as JSON. The schemas' library is loaded when a file is read. */
import { readFile } from "node:fs/promises";
import type * as Zod from "zod";
import { InputError } from "../base/errors.ts";
import type { OwnTokens } from "../inputs/scoreInput.ts";

const REPEATS = '{"tokens": [[...]], "period": S, "bos": true or false}';

/** Rows for `run`: only `tokens` is needed. */
export async function readRows(path: string): Promise<number[][]> {
  const { z } = await import("zod");
  const { tokens } = await readTokens(
    path,
    z.object({ tokens: z.array(z.array(z.number())) }),
    REPEATS,
  );
  return tokens;
}

/** Rows that repeat: `period` and `bos` are needed too. */
export async function readOwnTokens(path: string): Promise<OwnTokens> {
  const { z } = await import("zod");
  const rows = z.array(z.array(z.number()));
  return readTokens(path, z.object({ tokens: rows, period: z.int(), bos: z.boolean() }), REPEATS);
}

/** Clean and corrupted rows, for `patch`. */
export async function readPair(path: string) {
  const form = '{"clean": [[...]], "corrupted": [[...]], "period": S, "bos": true or false}';
  return readTokens(path, pairFile(await import("zod")), form);
}

/** Rows for `ablate`: reference rows are optional; those of a pair are its corrupted rows. */
export async function readAblation(path: string) {
  const zod = await import("zod");
  const { z } = zod;
  const rows = z.array(z.array(z.number()));
  const file = z.union([
    pairFile(zod).transform(({ clean, corrupted, ...rest }) => ({
      tokens: clean,
      reference: corrupted,
      ...rest,
    })),
    z.object({ tokens: rows, period: z.int(), bos: z.boolean(), reference: rows.optional() }),
  ]);
  const form = '{"tokens": [[...]], "period": S, "bos": true or false, "reference": [[...]]}';
  const { reference, ...own } = await readTokens(path, file, form);
  return reference === undefined ? own : { ...own, reference };
}

/** Prompts in pairs, for `text`. */
export async function readPromptPairs(path: string) {
  const { z } = await import("zod");
  const pair = z.object({ prompts: z.tuple([z.string(), z.string()]), target: z.string() });
  const form = '{"pairs": [{"prompts": ["...", "..."], "target": "..."}]}';
  return (await readTokens(path, z.object({ pairs: z.array(pair) }), form)).pairs;
}

function pairFile({ z }: Pick<typeof Zod, "z">) {
  const rows = z.array(z.array(z.number()));
  return z.object({ clean: rows, corrupted: rows, period: z.int(), bos: z.boolean() });
}

/**
 * The tokens file at `path`.
 *
 * @param form what the file looks like, for the message if it does not
 * @throws {InputError} "file" if it cannot be read, "tokens" if it is not JSON of this form
 */
async function readTokens<Value>(
  path: string,
  schema: Zod.ZodType<Value>,
  form: string,
): Promise<Value> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the tokens file ${path}: ${error.message}`, {
      cause: error,
    });
  });
  const parsed = schema.safeParse(json(path, text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, 5)
    .map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`);
  throw new InputError("tokens", `${path} needs ${form}: ${faults.join("; ")}`);
}

function json(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("tokens", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
