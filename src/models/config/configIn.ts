import { InputError } from "../../base/errors.ts";

const UNNAMED = /^config\.json of /;

/**
 * An error of a configuration with the file that it is in, and with that file's own keys: families and their parts know neither.
 *
 * @param file a path of a config.json, or of a file that has the same settings under other names
 * @param keys what that file calls each key of a config.json
 */
export function configIn(
  error: unknown,
  file: string,
  keys: ReadonlyMap<string, string> = new Map(),
): unknown {
  if (!(error instanceof InputError && error.code === "config")) return error;
  const { message, option } = error;
  const folder = file.slice(0, Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  if (message.includes(file) || (folder !== "" && message.includes(folder))) return error;
  const isConfig = file.endsWith(".json");
  const of = isConfig ? `${file} of ` : `${file}, read as a configuration of `;
  const rest = message.replace(UNNAMED, "").replace(/^config\.json /, "");
  const renamed = rest.replace(/[A-Za-z_]\w*/g, (word) => keys.get(word) ?? word);
  const where = UNNAMED.test(message) ? of : rest === message ? `${file}: ` : `${file} `;
  return new InputError("config", where + renamed, { cause: error, option });
}
