/** @file Files of the user's own rows: token ids as JSON. The schemas' library is loaded when a file is read. */
import type * as Zod from "zod";
import { InputError } from "../base/errors.ts";
import { withoutUndefined } from "../base/withoutUndefined.ts";
import { faultSentences } from "../base/faultSentences.ts";
import type { OwnTokens } from "../inputs/scoreInput.ts";
import { jsonIn } from "./jsonFile.ts";

const ROWS = '{"tokens": [[...]]}';
const REPEATS = '{"tokens": [[...]], "period": S, "bos": true or false}';

/** Rows for `run`: only `tokens` is needed; what `tokens --json` prints is one row. */
export async function readRows(path: string): Promise<number[][]> {
  const { z } = await import("zod");
  const rows = z.array(z.array(z.number()));
  const period = { period: z.int().optional(), bos: z.boolean().optional() };
  const printed = z
    .object({ tokenizer: z.string(), tokens: z.array(z.object({ id: z.int() })) })
    .transform(({ tokens }) => ({ tokens: [tokens.map(({ id }) => id)] }));
  const file = z.strictObject({ tokens: rows, ...period, reference: rows.optional() });
  const isPrinted = (value: unknown) => Object.hasOwn(Object(value) as object, "tokenizer");
  const form = `${ROWS} or what tokens --json prints`;
  return (await readTokens(path, (value) => (isPrinted(value) ? printed : file), form)).tokens;
}

/** Rows that repeat: `period` and `bos` are needed too. */
export async function readOwnTokens(path: string): Promise<OwnTokens> {
  const { z } = await import("zod");
  const rows = z.array(z.array(z.number()));
  return readTokens(
    path,
    z.strictObject({ tokens: rows, period: z.int(), bos: z.boolean() }),
    REPEATS,
  );
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
  const own = z.strictObject({
    tokens: rows,
    period: z.int(),
    bos: z.boolean(),
    reference: rows.optional(),
  });
  const pair = pairFile(zod).transform(({ clean, corrupted, ...rest }) => ({
    tokens: clean,
    reference: corrupted,
    ...rest,
  }));
  const isPair = (value: unknown) => Object.hasOwn(Object(value) as object, "clean");
  const form = '{"tokens": [[...]], "period": S, "bos": true or false, "reference": [[...]]}';
  const read = await readTokens(path, (value) => (isPair(value) ? pair : own), form);
  return withoutUndefined(read);
}

/** Rows for `verdict`: corrupted and reference rows are optional. */
export async function readVerdictTokens(path: string) {
  const { z } = await import("zod");
  const rows = z.array(z.array(z.number()));
  const [corrupted, reference] = [rows.optional(), rows.optional()];
  const form =
    '{"tokens": [[...]], "period": S, "bos": true or false, "corrupted": [[...]], "reference": [[...]]}';
  const own = z.strictObject({ tokens: rows, period: z.int(), bos: z.boolean() });
  return readTokens(path, own.extend({ corrupted, reference }), form);
}

/** Prompts in pairs, for `text`. */
export async function readPromptPairs(path: string) {
  const { z } = await import("zod");
  const pair = z.strictObject({ prompts: z.tuple([z.string(), z.string()]), target: z.string() });
  const form = '{"pairs": [{"prompts": ["...", "..."], "target": "..."}]}';
  return (await readTokens(path, z.strictObject({ pairs: z.array(pair) }), form)).pairs;
}

/** Clean and corrupted texts with what follows, for `patch`. */
export async function readCausalPrompts(path: string) {
  const { z } = await import("zod");
  const pair = z.strictObject({
    clean: z.string(),
    corrupted: z.string(),
    answer: z.string(),
    wrong: z.string().optional(),
  });
  const form =
    '{"pairs": [{"clean": "...", "corrupted": "...", "answer": " ...", "wrong": " ..."}]}';
  return (await readTokens(path, z.strictObject({ pairs: z.array(pair) }), form)).pairs;
}

function pairFile({ z }: Pick<typeof Zod, "z">) {
  const rows = z.array(z.array(z.number()));
  return z.strictObject({ clean: rows, corrupted: rows, period: z.int(), bos: z.boolean() });
}

/**
 * The tokens file at `path`.
 *
 * @param form what the file looks like, for the message if it does not
 * @throws {InputError} "file" if it cannot be read, "tokens" if it is not JSON of this form
 */
async function readTokens<Value>(
  path: string,
  schema: Zod.ZodType<Value> | ((value: unknown) => Zod.ZodType<Value>),
  form: string,
): Promise<Value> {
  const value = await jsonIn(path);
  const result = (typeof schema === "function" ? schema(value) : schema).safeParse(value);
  if (result.success) return result.data;
  const faults = faultSentences(result.error.issues, value);
  throw new InputError("tokens", `${path} needs ${form}: ${faults.join("; ")}`);
}
