/** @file Writes a safetensors file piece by piece, so that its tensors need not be in memory together. Node only. */
import { bytesOfView } from "../base/bytes.ts";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import { hostTag, isAlive } from "./livingProcess.ts";
import { safetensorsLayout, type TensorPlan } from "./writeSafetensors.ts";

/** A file that appears under its name only when it is whole. */
export interface SafetensorsFile {
  /** Where it lies until `commit`: for whoever tidies up if this process is killed. */
  readonly temporary: string;
  /** Puts values at `first`, counted in values of 4 bytes, of the tensor `name`. */
  write(name: string, first: number, values: Float32Array): Promise<void>;
  /** Everything was written: gives the file its name. */
  commit(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/**
 * Begins a file at `path` for the tensors of `plans`; folders above it are made. What processes of this machine that were killed
 * have left of the same file is removed.
 *
 * @throws {InputError} "output" if the place cannot be written
 */
export async function createSafetensorsFile(
  path: string,
  plans: readonly TensorPlan[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<SafetensorsFile> {
  const { header, offsets, sizeBytes } = safetensorsLayout(plans, metadata);
  await removeLeft(path);
  const temporary = `${path}.${process.pid}.${hostTag()}.${randomUUID().slice(0, 12)}.part`;
  const file = await mkdir(dirname(path), { recursive: true })
    .then(() => open(temporary, "wx"))
    .catch((error: Error) => {
      throw new InputError("output", `cannot write ${path}: ${error.message}`, { cause: error });
    });
  const abort = async () => {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  };
  const explained = async (error: Error): Promise<never> => {
    await abort();
    throw new InputError("output", `cannot write ${path}: ${error.message}`, { cause: error });
  };
  await file
    .truncate(sizeBytes)
    .then(() => file.write(header, 0, header.length, 0))
    .catch(explained);
  return {
    temporary,
    async write(name, first, values) {
      const bytes = bytesOfView(values);
      await file.write(bytes, 0, bytes.length, offsets.get(name)! + 4 * first).catch(explained);
    },
    async commit() {
      await file
        .close()
        .then(() => rename(temporary, path))
        .catch(explained);
    },
    abort,
  };
}

/** Parts of the file at `path` whose process has ended. */
async function removeLeft(path: string): Promise<void> {
  const own = basename(path);
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    if (!name.startsWith(`${own}.`)) continue;
    const [, pid, host] =
      /^(\d+)\.([0-9a-f]{8})\.[0-9a-f-]+\.part$/.exec(name.slice(own.length + 1)) ?? [];
    if (pid !== undefined && isAlive(Number(pid), host!) === false)
      await rm(join(dirname(path), name), { force: true });
  }
}
