import { isThere } from "../formats/file.ts";
import { splitRevision } from "../models/modelName.ts";

/** A model as it is typed where several are named: `ID@REVISION` for a hub model; a path that exists is taken as it is. */
export async function splitTypedRevision(typed: string): Promise<ReturnType<typeof splitRevision>> {
  return (await isThere(typed)) ? { name: typed, revision: undefined } : splitRevision(typed);
}
