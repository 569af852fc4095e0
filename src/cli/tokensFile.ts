/** @file `--tokens FILE`: rows of token ids as JSON. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError } from "../base/errors.ts";
import type { OwnTokens } from "../inputs/scoreInput.ts";

const rows = z.array(z.array(z.number()));
const rowsFile = z.object({ tokens: rows });
const repeatsFile = z.object({ tokens: rows, period: z.int(), bos: z.boolean() });
const REPEATS = '{"tokens": [[...]], "period": S, "bos": true or false}';

/** Rows for `run`: only `tokens` is needed. */
export function readRows(path: string): Promise<number[][]> {
  return readTokens(path, rowsFile, REPEATS).then(({ tokens }) => tokens);
}

/** Rows that repeat, for `score`: `period` and `bos` are needed too. */
export function readOwnTokens(path: string): Promise<OwnTokens> {
  return readTokens(path, repeatsFile, REPEATS);
}

/**
 * The tokens file at `path`.
 *
 * @param form what the file looks like, for the message if it does not
 * @throws {InputError} "file" if it cannot be read, "tokens" if it is not JSON of this form
 */
export async function readTokens<Value>(
  path: string,
  schema: z.ZodType<Value>,
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
