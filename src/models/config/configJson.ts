/** @file The text of a config.json, as Python's json module writes it: also with NaN and Infinity, bare or as transformers 5 tags them. */
import { parsePythonJson } from "../../base/parseJson.ts";
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";

/** Far above any model: a picture model names 20,000 classes twice, and nothing is 10 deep. */
const MOST_BYTES = 1024 * 1024;
const MOST_KEYS = 100_000;
const MOST_DEEP = 64;

/** @throws {InputError} "config" for a file that is too large to be read as one */
export function checkConfigSize(sizeBytes: number, name: string): void {
  if (sizeBytes > MOST_BYTES)
    throw new InputError("config", `${name} must be at most 1 MB, got ${sizeBytes} bytes`);
}

/**
 * The keys of a configuration.
 *
 * @param name of the file, for messages
 * @throws {InputError} "config" if it is not JSON, not an object, or has more keys or levels than any configuration
 */
export function parseConfig(text: string, name: string): Record<string, unknown> {
  checkStructure(text, name);
  const value = jsonOf(text, name);
  if (isObject(value)) return value as Record<string, unknown>;
  throw new InputError("config", `${name} must be an object of keys`);
}

function jsonOf(text: string, name: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    throw new InputError("config", `${name} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Counts brackets and keys before anything that goes into itself reads them. */
function checkStructure(text: string, name: string): void {
  let [depth, deepest, keys] = [0, 0, 0];
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}:]/gs)) {
    if (token === "{" || token === "[") deepest = Math.max(deepest, ++depth);
    else if (token === "}" || token === "]") depth--;
    else if (token === ":") keys++;
  }
  if (deepest > MOST_DEEP)
    throw new InputError(
      "config",
      `${name} must be at most ${MOST_DEEP} levels deep, is ${deepest}`,
    );
  if (keys > MOST_KEYS)
    throw new InputError("config", `${name} must have at most ${MOST_KEYS} keys, has ${keys}`);
}
