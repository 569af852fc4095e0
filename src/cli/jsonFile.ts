import { parseJson } from "../base/parseJson.ts";
import { readFile } from "node:fs/promises";
import { InputError } from "../base/errors.ts";

/** The value in a file of JSON. @throws {InputError} "file" if it cannot be read, "tokens" if it is not JSON */
export async function jsonIn(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new InputError("file", `cannot read ${path}: ${error.message}`, { cause: error });
  });
  try {
    return parseJson(text);
  } catch (error) {
    throw new InputError("tokens", `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
