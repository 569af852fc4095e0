/** @file `cache list --decoded` and `cache remove --decoded`. */
import { InputError } from "../base/errors.ts";
import { byteSize } from "../base/byteSize.ts";
import { plural } from "../base/plural.ts";
import { visible } from "../draw/visible.ts";
import { decodedFiles, removeDecoded } from "../formats/gguf/decodedFiles.ts";
import { decodedFolder } from "../formats/gguf/decodedRecord.ts";
import { age } from "./age.ts";

/** Lists or removes the decoded weights of GGUF files, which `--cache` keeps. */
export async function decodedOfCache(
  action: string,
  target: string | undefined,
  json = false,
): Promise<void> {
  if (action === "list") return list(target, json);
  if (action === "remove") return remove(target);
  throw new InputError("options", `cache ${action} --decoded is not known; list and remove are`);
}

async function list(target: string | undefined, json: boolean): Promise<void> {
  if (target !== undefined)
    throw new InputError("options", `cache list --decoded takes no model, got ${target}`);
  const files = await decodedFiles();
  const folder = decodedFolder();
  if (json) {
    process.stdout.write(`${JSON.stringify({ folder, files })}\n`);
    return;
  }
  const now = Date.now();
  const lines = files.map(({ id, name, sizeBytes, modified }) =>
    [
      id,
      name === null ? "of an older version" : visible(name),
      byteSize(sizeBytes),
      `${age(now - modified.getTime())} ago`,
    ].join("  "),
  );
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sum = `decoded weights of ${plural(files.length, "GGUF file")}, ${byteSize(total)} in ${folder}`;
  const way = files.length > 0 ? ["cache remove <id|name|all> --decoded removes them"] : [];
  process.stdout.write([...lines, sum, ...way, ""].join("\n"));
}

async function remove(target: string | undefined): Promise<void> {
  if (target === undefined)
    throw new InputError(
      "options",
      "cache remove --decoded needs an id of the list, the name of a GGUF, or all",
    );
  const files = await removeDecoded(target);
  const freed = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  process.stdout.write(
    `removed the decoded weights of ${plural(files.length, "GGUF file")} (${byteSize(freed)})\n`,
  );
}
