import { jsonFrom, textIn } from "./userFile.ts";

/** The value in a file of JSON. @throws {InputError} "file" if it cannot be read, "tokens" if it is not JSON */
export async function jsonIn(path: string): Promise<unknown> {
  return jsonFrom(await textIn(path), path, "tokens");
}
