/** @file Files that the user names, read whole; one that cannot be read is said in a sentence. */
import { basename } from "node:path";
import type { MediaFile } from "../inputs/media/mediaInputs.ts";
import { readFile } from "node:fs/promises";
import { parseJson } from "../base/parseJson.ts";
import { InputError } from "../base/errors.ts";

/**
 * The bytes of the file at `path`.
 *
 * @param what it is, for the message: "the plan"
 * @throws {InputError} "file" if it cannot be read
 */
export async function bytesIn(path: string, what?: string): Promise<Buffer> {
  return readFile(path).catch((error: Error) => {
    const name = what === undefined ? path : `${what} ${path}`;
    throw new InputError("file", `cannot read ${name}: ${error.message}`, { cause: error });
  });
}

/** The text of the file at `path`, as `bytesIn`; bytes that are not UTF-8 become U+FFFD. */
export async function textIn(path: string, what?: string): Promise<string> {
  return (await bytesIn(path, what)).toString("utf8");
}

/** What `text`, which the file at `path` has, says as JSON. @throws {InputError} `code` for what is not JSON */
export function jsonFrom(text: string, path: string, code: "tokens" | "result"): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new InputError(code, `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** An image or a sound that a user names, which is read when a model asks for it: "file" then, as {@link bytesIn}. */
export function mediaFileAt(path: string): MediaFile {
  return {
    name: basename(path),
    bytes: async () => new Uint8Array(await bytesIn(path)),
  };
}
