/** @file The file of `run --inputs`: what a model of any kind reads, as JSON; arrays lie in safetensors files that it names. */
import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { closest } from "fastest-levenshtein";
import { InputError } from "../base/errors.ts";
import { fileSource } from "../formats/file.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { readTensor } from "../formats/readTensor.ts";
import { INPUT_NAMES, type IdRows, type ModelInputs, type Numbers } from "../inputs/modelInputs.ts";

/** Keys of files that hold rows for other commands too. */
const PASSED_OVER = ["period", "bos", "image_token"];
const ARRAYS = ["features", "pixels"];

const FORM =
  '{"tokens": [[...]]}, {"encoder": [[...]], "decoder": [[...]]}, and beside them "features" or "pixels": {"file": "x.safetensors", "tensor": "pixels"}';

/**
 * What the file at `path` hands to a model; files that it names are found from its own folder.
 *
 * @throws {InputError} "file" for a file that cannot be read, "tokens" for one of another form, "feed" for a tensor that is not
 *   there
 */
export async function readInputs(path: string): Promise<ModelInputs> {
  const parts: [string, IdRows | Numbers][] = [];
  for (const [key, value] of Object.entries(await readObject(path))) {
    if (PASSED_OVER.includes(key)) continue;
    if (!INPUT_NAMES.some((name) => name === key))
      throw new InputError(
        "tokens",
        `${path} has ${key}, which no model reads, did you mean ${closest(key, INPUT_NAMES)} (known: ${INPUT_NAMES.join(", ")})`,
      );
    parts.push([
      key,
      ARRAYS.includes(key) ? await arrayOf(path, key, value) : rowsOf(path, key, value),
    ]);
  }
  return Object.fromEntries(parts);
}

async function readObject(path: string): Promise<object> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the inputs file ${path}: ${error.message}`, {
      cause: error,
    });
  });
  const value = parsed(path, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InputError("tokens", `${path} needs ${FORM}`);
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError("tokens", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function rowsOf(path: string, key: string, value: unknown): IdRows {
  const isRows =
    Array.isArray(value) &&
    value.every((row) => Array.isArray(row) && row.every((id) => typeof id === "number"));
  if (isRows) return value as IdRows;
  throw new InputError("tokens", `${path} needs rows of ids [[...]] in ${key}`);
}

async function arrayOf(path: string, key: string, value: unknown): Promise<Numbers> {
  const { file, tensor = key } = placeOf(value);
  if (typeof file !== "string" || typeof tensor !== "string")
    throw new InputError(
      "tokens",
      `${path} needs {"file": "x.safetensors", "tensor": "${key}"} in ${key}`,
    );
  const from = resolve(dirname(path), file);
  if (extname(from).toLowerCase() !== ".safetensors")
    throw new InputError("file", `${key} must lie in a .safetensors file, got ${file}`);
  return tensorIn(from, tensor);
}

function placeOf(value: unknown): { readonly file?: unknown; readonly tensor?: unknown } {
  if (typeof value === "string") return { file: value };
  return typeof value === "object" && value !== null ? value : {};
}

/** One tensor of a safetensors file. */
async function tensorIn(path: string, name: string): Promise<Numbers> {
  const source = await fileSource(path);
  try {
    const { weights, unsupported } = await readSafetensors(source);
    const stored = weights.get(name);
    if (stored) return { shape: stored.shape, data: await readTensor(stored) };
    const dtype = unsupported.get(name);
    throw new InputError(
      "feed",
      dtype === undefined
        ? `${path} has no tensor ${name}; it has ${[...weights.keys()].slice(0, 8).join(", ") || "none"}`
        : `${path} needs F32, F16 or BF16 in ${name}, has ${dtype}`,
    );
  } finally {
    await source.close();
  }
}
