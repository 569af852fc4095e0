import { InputError } from "../../base/errors.ts";

const UNNAMED = /^config\.json of /;

/**
 * An error of a configuration with the file that it is in: families know their own name alone.
 *
 * @param file a path of a config.json, or of a file that has the same settings under other names
 * @param keys what that file calls each key of a config.json
 */
export function configIn(
  error: unknown,
  file: string,
  keys: ReadonlyMap<string, string> = new Map(),
): unknown {
  if (!(error instanceof InputError && UNNAMED.test(error.message))) return error;
  const of = file.endsWith(".json") ? `${file} of ` : `${file}, read as a configuration of `;
  const [, rest = ""] = error.message.split(UNNAMED);
  const renamed = rest.replace(/[A-Za-z_]\w*/g, (word) => keys.get(word) ?? word);
  return new InputError("config", `${of}${renamed}`, { cause: error });
}
