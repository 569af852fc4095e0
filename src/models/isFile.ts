import { stat } from "node:fs/promises";

/** Whether there is a file at `path`. */
export function isFile(path: string): Promise<boolean> {
  return stat(path)
    .then((entry) => entry.isFile())
    .catch(() => false);
}
