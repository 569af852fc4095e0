/** @file Files as byte sources. Node only: the one file of this folder that reads checkpoints through node:fs. */
import { lstat, open, readlink, realpath, stat, type FileHandle } from "node:fs/promises";
import type { Stats } from "node:fs";
import type { ByteSource } from "../base/bytes.ts";
import { InputError } from "../base/errors.ts";

/** Files up to this size are read into memory once; larger ones are read (and mapped by runtimes) where they lie. */
export const IN_MEMORY_BYTES = 64 * 1024 * 1024;

/** What tells one state of a file from another without reading it. */
export interface FileSnapshot {
  /** Absolute, with links resolved. */
  readonly realPath: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A file that is open for reading until `close`. */
export interface OpenFile extends ByteSource {
  readonly realPath: string;
  /** The state of the file when it was opened. */
  readonly snapshot: FileSnapshot;
  /** Gives the file back; reading afterwards is an error for large files. */
  close(): Promise<void>;
}

/**
 * Opens the file at `path` for reading.
 *
 * @throws {InputError} "file" if it is missing, a folder, or may not be read
 */
export async function fileSource(path: string): Promise<OpenFile> {
  try {
    const realPath = await realpath(path);
    const state = await stat(realPath);
    if (!state.isFile())
      throw new InputError("file", `${path} must be a file, got ${kindOf(state)}`);
    const source = await openSnapshot(path, realPath);
    await refusePointer(source);
    return source;
  } catch (error) {
    throw await fileError(path, error);
  }
}

/**
 * The state of the file at `path` now.
 *
 * @throws {InputError} "file" if there is none
 */
export async function fileSnapshot(path: string): Promise<FileSnapshot> {
  try {
    const realPath = await realpath(path);
    return snapshotOf(realPath, await stat(realPath));
  } catch (error) {
    throw await fileError(path, error);
  }
}

/**
 * Whether something is called `path`.
 *
 * @throws {InputError} "file" for a link that leads nowhere: it stands for a file that was meant, so no other is to be taken
 */
export async function isThere(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  const target = stats ? null : await linkTarget(path);
  if (target !== null) throw new InputError("file", danglingLink(path, target));
  return stats !== null;
}

/** Where the link at `path` points; null if it is not a link. */
async function linkTarget(path: string): Promise<string | null> {
  const link = await lstat(path).catch(() => null);
  return link?.isSymbolicLink() ? readlink(path) : null;
}

function danglingLink(path: string, target: string): string {
  return `${path} is a link to ${target}, which is not there; copies of a download cache need their links followed (cp -RL), or download it again`;
}

const POINTER = "version https://git-lfs.github.com/";

/** What git leaves in place of a large file where Git LFS is not installed. */
async function refusePointer(source: OpenFile): Promise<void> {
  if (source.sizeBytes < POINTER.length || source.sizeBytes > 1024) return;
  const start = new TextDecoder().decode(await source.read(0, source.sizeBytes));
  if (!start.startsWith(POINTER)) return;
  await source.close();
  const size = /^size (\d+)/m.exec(start)?.[1] ?? "unknown";
  throw new InputError(
    "file",
    `${source.name} is Git LFS's pointer to a file of ${size} bytes, not the file; \`git lfs pull\` in its folder brings it`,
  );
}

/**
 * Checks that a file is still as it was: results must not come from a checkpoint that was overwritten meanwhile.
 *
 * @throws {InputError} "file" if size, time of change or inode differ, or the file is gone
 */
export async function checkUnchanged(before: FileSnapshot): Promise<void> {
  const now = await fileSnapshot(before.realPath);
  const differing = (["size", "mtimeMs", "ino"] as const).filter((key) => now[key] !== before[key]);
  if (differing.length === 0) return;
  const changes = differing.map((key) => `${key} ${before[key]} became ${now[key]}`);
  throw new InputError(
    "file",
    `${before.realPath} must not change while it is in use, but ${changes.join(", ")}`,
  );
}

async function openSnapshot(name: string, realPath: string): Promise<OpenFile> {
  const handle = await open(realPath, "r");
  try {
    const snapshot = snapshotOf(realPath, await handle.stat());
    const identity = { name, realPath, snapshot, sizeBytes: snapshot.size };
    if (snapshot.size > IN_MEMORY_BYTES) {
      const read = (offset: number, length: number) => readRange(handle, name, offset, length);
      return { ...identity, read, close: () => handle.close() };
    }
    const bytes = await readRange(handle, name, 0, snapshot.size);
    await handle.close();
    const read = (offset: number, length: number) =>
      Promise.resolve(bytes.subarray(offset, offset + length));
    return { ...identity, read, close: () => Promise.resolve() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readRange(
  handle: FileHandle,
  name: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new InputError(
        "file",
        `${name} became shorter while it was read: wanted ${length} bytes at ${offset}, got ${done}`,
      );
    }
    done += bytesRead;
  }
  return bytes;
}

function snapshotOf(realPath: string, state: Stats): FileSnapshot {
  return { realPath, size: state.size, mtimeMs: state.mtimeMs, ino: state.ino };
}

function kindOf(state: Stats): string {
  return state.isDirectory() ? "a folder" : "something that is neither file nor folder";
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  ELOOP: "links that point in a circle",
  ENAMETOOLONG: "the name is too long",
  ERR_INVALID_ARG_VALUE: "the name is not a valid path",
};

/** Errors of the file system as bad input; everything else as it is. */
async function fileError(path: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("code" in error) || error instanceof InputError) return error;
  const target = error.code === "ENOENT" ? await linkTarget(path) : null;
  if (target !== null) return new InputError("file", danglingLink(path, target), { cause: error });
  const reason = REASONS[String(error.code)] ?? error.message;
  return new InputError("file", `cannot read ${path}: ${reason}`, { cause: error });
}
