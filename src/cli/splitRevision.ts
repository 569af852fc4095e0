import { isThere } from "../formats/file.ts";

/**
 * A model as it is typed where several are named: `ID@REVISION` for a hub model. A path and a model of this package (whose steps
 * are `zoo:NAME@STEP`) are taken as they are.
 */
export async function splitRevision(
  typed: string,
): Promise<{ readonly name: string; readonly revision: string | undefined }> {
  const at = typed.lastIndexOf("@");
  const isPlain = at <= 0 || /^(zoo|planted):|^[./~]/.test(typed) || (await isThere(typed));
  if (isPlain) return { name: typed, revision: undefined };
  return { name: typed.slice(0, at), revision: typed.slice(at + 1) || undefined };
}
