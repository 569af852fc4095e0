import { readFile } from "node:fs/promises";
import { parseJson } from "../base/parseJson.ts";
import { InputError } from "../base/errors.ts";

/** A Result as JSON, of any kind and not checked. @throws {InputError} "file", or "result" for what is not JSON */
export async function readResult(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read the Result ${path}: ${error.message}`, {
      cause: error,
    });
  });
  return parsedResult(text, path);
}

/** What `text` of the file at `path` says. @throws {InputError} "result" for what is not JSON */
export function parsedResult(text: string, path: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new InputError("result", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
