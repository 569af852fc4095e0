import { InputError } from "../../base/errors.ts";

const UNNAMED = /^config\.json of /;

/**
 * An error of a configuration with the file that it is in: families know their own name alone.
 *
 * @param file a path of a config.json, or of a file that has the same settings under other names
 */
export function configIn(error: unknown, file: string): unknown {
  if (!(error instanceof InputError && UNNAMED.test(error.message))) return error;
  const of = file.endsWith(".json") ? `${file} of ` : `${file}, read as a configuration of `;
  return new InputError("config", error.message.replace(UNNAMED, of), { cause: error });
}
