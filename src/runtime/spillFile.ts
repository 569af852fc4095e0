/** @file Values that leave the memory for a temporary file until they are read again. Node only. */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SpillFile } from "../base/backend.ts";
import { bytesOfView } from "../base/bytes.ts";
import { UnableError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";

/** Closes a file, and so removes it, once nobody can read any of its values. */
const unreachable = new FinalizationRegistry<number>(closeSync);

/**
 * A file in the system's folder for temporary files. It has no name from the beginning, so nothing is left of it however the process ends.
 *
 * @throws {UnableError} if it cannot be written
 */
export function spillFile(folder = tmpdir()): SpillFile {
  const file = { descriptor: openNameless(folder) };
  unreachable.register(file, file.descriptor);
  let end = 0;
  return {
    spill({ axes, shape, data }) {
      const first = end;
      writeAll(file.descriptor, bytesOfView(data), first, folder);
      end += data.byteLength;
      return readLater({ axes, shape }, data.length, (into) =>
        readAll(file.descriptor, bytesOfView(into), first),
      );
    },
  };
}

/** A tensor whose numbers are read when they are asked for, and again once nobody has used them for a while. */
function readLater(
  { axes, shape }: Pick<Tensor, "axes" | "shape">,
  length: number,
  read: (into: Float32Array) => void,
): Tensor {
  let last: WeakRef<Float32Array<ArrayBuffer>> | undefined;
  return {
    axes,
    shape,
    get data() {
      const known = last?.deref();
      if (known) return known;
      const data = new Float32Array(length);
      read(data);
      last = new WeakRef(data);
      return data;
    },
  };
}

function openNameless(folder: string): number {
  try {
    const path = join(folder, `induction-lens-${randomUUID()}`);
    const descriptor = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return descriptor;
  } catch (error) {
    return refuse(folder, error);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, first: number, folder: string): void {
  try {
    for (let done = 0; done < bytes.length;)
      done += writeSync(descriptor, bytes, done, bytes.length - done, first + done);
  } catch (error) {
    refuse(folder, error);
  }
}

function readAll(descriptor: number, into: Uint8Array, first: number): void {
  for (let done = 0; done < into.length;) {
    const count = readSync(descriptor, into, done, into.length - done, first + done);
    if (count === 0)
      throw new Error("internal: a temporary file is shorter than what it was given");
    done += count;
  }
}

function refuse(folder: string, error: unknown): never {
  throw new UnableError(
    `values of runs that have no room in \`memory\` need a temporary file in ${folder}, which cannot be written (${(error as Error).message}); TMPDIR names another folder, and more \`memory\` needs no file`,
    { cause: error },
  );
}
