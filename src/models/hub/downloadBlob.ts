/**
 * @file One file of the hub into the cache: under a lock, into a temporary file in the same folder, continued where an
 * earlier try stopped, and renamed to its hash only when size and hash are right.
 */
import { byteSize } from "../../base/byteSize.ts";
import { createHash, type Hash } from "node:crypto";
import { open, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UnableError } from "../../base/errors.ts";
import { LOCK_SUFFIX, withLock, type HeldLock } from "./blobLock.ts";
import { folderInside, type RepoCache } from "./cacheLayout.ts";
import type { HubSettings } from "./hubSettings.ts";
import type { RepoFile } from "./listing.ts";
import { ask, retryRequest, TryAgain, type Answer } from "./request.ts";
import { abandon, leftovers, temporaryName } from "./temporaryFiles.ts";

/** After a broken connection, what is at least this long stays for the next call to continue. */
export const KEEP_BYTES = 16 * 2 ** 20;
const LONG_SLEEP_MS = 30_000;

/** A file under way: what is on disk, and the hash of it. */
interface Incoming {
  readonly name: string;
  readonly path: string;
  readonly handle: FileHandle;
  readonly file: RepoFile;
  hash: Hash;
  bytes: number;
  /** The most bytes that any try had: only more than that is progress. */
  best: number;
  /** Whether some of it was written by an earlier process. */
  continued: boolean;
  /** Entity tag and origin of the answer that the bytes came from. */
  source: { readonly etag: string; readonly origin: string } | null;
}

/**
 * Makes sure that the blob of `file` is in the cache; `onBytes` hears how much of it is there.
 *
 * @throws {InputError} "hub-answer" if what the hub sends is not what it listed
 * @throws {UnableError} if the hub cannot be reached, or the disk is full
 */
export async function downloadBlob(
  settings: HubSettings,
  cache: RepoCache,
  url: string,
  file: RepoFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const blob = join(cache.blobs, file.hash);
  const isThere = async () => (await stat(blob).catch(() => null))?.size === file.sizeBytes;
  await folderInside(cache, cache.blobs);
  if (!(await isThere())) {
    await withLock(
      join(cache.locks, `${file.hash}${LOCK_SUFFIX}`),
      settings.signal,
      async (lock) => {
        if (!(await isThere())) await fetchBlob(settings, cache, url, file, blob, lock, onBytes);
      },
    );
  }
  onBytes(file.sizeBytes);
}

async function fetchBlob(
  settings: HubSettings,
  cache: RepoCache,
  url: string,
  file: RepoFile,
  blob: string,
  lock: HeldLock,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const incoming = await openIncoming(cache, file);
  let worthKeeping = false;
  try {
    await checkSpace(cache.blobs, file, incoming.bytes);
    await retryRequest(settings, (progressed) =>
      fillFile(settings, url, incoming, lock, progressed, onBytes),
    );
    await incoming.handle.sync();
    await lock.check();
    await rename(incoming.path, blob);
    await syncFolder(cache.blobs);
  } catch (error) {
    worthKeeping = !(error instanceof InputError) && incoming.bytes >= KEEP_BYTES;
    throw describeDisk(error, file);
  } finally {
    await incoming.handle.close();
    if (worthKeeping) await abandon(cache.blobs, incoming.name).catch(() => undefined);
    else await rm(incoming.path, { force: true });
  }
}

/** A new temporary file, or the longest one that a dead process left, read through for its hash; the others are removed. */
async function openIncoming(cache: RepoCache, file: RepoFile): Promise<Incoming> {
  const name = temporaryName(file.hash);
  const path = join(cache.blobs, name);
  const left = await bySize(cache.blobs, await leftovers(cache.blobs, file.hash));
  const [longest, ...shorter] = left.map((old) => join(cache.blobs, old));
  for (const old of shorter) await rm(old, { force: true });
  const partial =
    longest !== undefined &&
    (await rename(longest, path).then(
      () => true,
      () => false,
    ));
  const handle = await open(path, partial ? "r+" : "wx+");
  const incoming: Incoming = {
    name,
    path,
    handle,
    file,
    hash: newHash(file),
    bytes: 0,
    best: 0,
    continued: false,
    source: null,
  };
  const { size } = await handle.stat();
  if (size > file.sizeBytes) await emptyFile(incoming);
  else if (size > 0) await readThrough(incoming);
  return incoming;
}

async function bySize(folder: string, names: readonly string[]): Promise<string[]> {
  const sizes = await Promise.all(
    names.map(async (name) => ({
      name,
      size: (await stat(join(folder, name)).catch(() => null))?.size ?? -1,
    })),
  );
  return sizes.sort((entry, other) => other.size - entry.size).map(({ name }) => name);
}

async function readThrough(incoming: Incoming): Promise<void> {
  const buffer = new Uint8Array(2 ** 20);
  for (;;) {
    const { bytesRead } = await incoming.handle.read(buffer, 0, buffer.length, incoming.bytes);
    if (bytesRead === 0) break;
    incoming.hash.update(buffer.subarray(0, bytesRead));
    incoming.bytes += bytesRead;
  }
  incoming.best = incoming.bytes;
  incoming.continued = true;
}

async function emptyFile(incoming: Incoming): Promise<void> {
  await incoming.handle.truncate(0);
  incoming.hash = newHash(incoming.file);
  incoming.bytes = 0;
  incoming.continued = false;
}

/** One try to bring the file to its full size, and the check of its hash. */
async function fillFile(
  settings: HubSettings,
  url: string,
  incoming: Incoming,
  lock: HeldLock,
  progressed: () => void,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { file } = incoming;
  if (incoming.bytes < file.sizeBytes || file.sizeBytes === 0) {
    const answer = await ask(settings, url, rangeHeaders(incoming));
    try {
      await placeAnswer(incoming, answer);
      let heardAt = Date.now();
      for await (const chunk of answer.chunks) {
        if (Date.now() - heardAt > LONG_SLEEP_MS) await lock.check();
        heardAt = Date.now();
        await append(incoming, chunk, answer.place);
        if (incoming.bytes > incoming.best) progressed();
        incoming.best = Math.max(incoming.best, incoming.bytes);
        onBytes(incoming.bytes);
      }
    } finally {
      answer.close();
    }
    if (incoming.bytes < file.sizeBytes) {
      throw new TryAgain(`${answer.place} sent ${incoming.bytes} of ${file.sizeBytes} bytes`);
    }
  }
  if (!(await hashIsRight(incoming)))
    await fillFile(settings, url, incoming, lock, progressed, onBytes);
}

function rangeHeaders({ bytes, source }: Incoming): Record<string, string> {
  if (bytes === 0) return {};
  return { range: `bytes=${bytes}-`, ...(source ? { "if-range": source.etag } : {}) };
}

/** Reads from the answer's head where its bytes belong: behind what is there, or at the start. */
async function placeAnswer(incoming: Incoming, answer: Answer): Promise<void> {
  const { file } = incoming;
  const etag = answer.headers.get("etag") ?? "";
  const { source } = incoming;
  const changed = source !== null && source.origin === answer.origin && source.etag !== etag;
  if (answer.status === 416 || (answer.status === 206 && changed)) {
    await emptyFile(incoming);
    incoming.source = null;
    throw new TryAgain(`${answer.place} could not continue the file`);
  }
  const start = answer.status === 206 ? incoming.bytes : 0;
  checkHead(answer, file, start);
  if (start === 0 && incoming.bytes > 0) await emptyFile(incoming);
  incoming.source = /^"[^"]*"$/.test(etag) ? { etag, origin: answer.origin } : null; // weak tags cannot be ranged
}

function checkHead(answer: Answer, { name, sizeBytes }: RepoFile, start: number): void {
  const { headers, place } = answer;
  if (!["", "identity"].includes(headers.get("content-encoding") ?? "")) {
    throw new InputError("hub-answer", `${place} sent an encoding that was not asked for`);
  }
  const range = headers.get("content-range");
  if (answer.status === 206 && range !== `bytes ${start}-${sizeBytes - 1}/${sizeBytes}`) {
    throw new InputError(
      "hub-answer",
      `${place} was asked for bytes ${start} to ${sizeBytes}, and answers ${range}`,
    );
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== sizeBytes - start) {
    const page = /html/.test(headers.get("content-type") ?? "") ? "a web page, " : "";
    const got = `${page}${length} bytes`;
    throw new InputError(
      "hub-answer",
      `${name} needs ${sizeBytes - start} bytes, and ${place} answers ${got}`,
    );
  }
}

async function append(incoming: Incoming, chunk: Uint8Array, place: string): Promise<void> {
  if (incoming.bytes + chunk.byteLength > incoming.file.sizeBytes) {
    throw new InputError(
      "hub-answer",
      `${place} sent more than the ${incoming.file.sizeBytes} bytes it listed`,
    );
  }
  for (let done = 0; done < chunk.byteLength;) {
    const at = incoming.bytes + done;
    done += (await incoming.handle.write(chunk, done, chunk.byteLength - done, at)).bytesWritten;
  }
  incoming.hash.update(chunk);
  incoming.bytes += chunk.byteLength;
}

/** A wrong hash is the hub's fault, unless an earlier process wrote a part: then the file is fetched once more, whole. */
async function hashIsRight(incoming: Incoming): Promise<boolean> {
  const { file, continued } = incoming;
  const got = incoming.hash.copy().digest("hex");
  if (got === file.hash) return true;
  if (continued) {
    await emptyFile(incoming);
    return false;
  }
  throw new InputError(
    "hub-answer",
    `${file.name} needs the hash ${file.hash}, and what arrived has ${got}`,
  );
}

/** sha256 of the contents, or git's sha1 of "blob SIZE", a zero byte and the contents. */
function newHash({ hash, sizeBytes }: RepoFile): Hash {
  return hash.length === 64
    ? createHash("sha256")
    : createHash("sha1").update(`blob ${sizeBytes}\0`);
}

async function checkSpace(folder: string, file: RepoFile, have: number): Promise<void> {
  const disk = await statfs(folder).catch(() => null);
  if (disk === null || disk.blocks === 0) return; // not every file system tells
  const free = disk.bavail * disk.bsize;
  if (free < file.sizeBytes - have)
    throw new UnableError(noRoom(file, `${byteSize(free, "down")} are free`));
}

function describeDisk(error: unknown, file: RepoFile): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new UnableError(noRoom(file, "the disk of the cache is full"), { cause: error });
}

const noRoom = ({ name, sizeBytes }: RepoFile, state: string) =>
  `${name} needs ${byteSize(sizeBytes, "up")}, and ${state}`;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null); // Windows has no handle for a folder
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
