import { jsonFrom, textIn } from "./userFile.ts";

/** A Result as JSON, of any kind and not checked. @throws {InputError} "file", or "result" for what is not JSON */
export async function readResult(path: string): Promise<unknown> {
  return jsonFrom(await textIn(path, "the Result"), path, "result");
}
