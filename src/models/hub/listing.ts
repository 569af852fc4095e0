/** @file What the hub says a repository holds at a revision. */
import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/isObject.ts";
import { checkedCommit, isCommit, shorten } from "./checkedNames.ts";

export const PUBLIC_HUB = "https://huggingface.co";

/** A file of a repository and how to know it: the name of its blob is its hash. */
export interface RepoFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** sha256 of a large file (64 digits), or git's hash of a small one (40 digits). */
  readonly hash: string;
}

export interface RepoListing {
  /** Full commit that the revision stands for now. */
  readonly commit: string;
  /** Of all files. */
  readonly names: readonly string[];
  /** The file called `name`, or null if the repository has none. */
  file(name: string): RepoFile | null;
}

/** Address of the listing of `id` at `revision`, both already checked. */
export function listingUrl(endpoint: string, id: string, revision: string): string {
  return `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
}

/** Address of a file's bytes at a commit. */
export function fileUrl(endpoint: string, id: string, commit: string, name: string): string {
  return `${endpoint}/${id}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * The listing in the hub's answer about `id` at `revision`.
 *
 * @throws {InputError} "hub-answer" if the answer is not a listing, "hub-name" for a hash or commit that is none
 */
export function listingIn(answer: unknown, id: string, revision: string): RepoListing {
  const { sha, siblings } = recordOf(answer, id);
  const commit = checkedCommit(sha);
  if (isCommit(revision) && commit !== revision) {
    throw new InputError(
      "hub-answer",
      `the hub answered with commit ${commit} for ${revision} of ${id}`,
    );
  }
  if (!Array.isArray(siblings))
    throw new InputError("hub-answer", `the hub sent no list of files of ${id}`);
  const files = siblings.map((entry) => recordOf(entry, id));
  const names = files.flatMap(({ rfilename }) =>
    typeof rfilename === "string" ? [rfilename] : [],
  );
  return { commit, names, file: (name) => fileCalled(name, files, id) };
}

function fileCalled(
  name: string,
  files: readonly Record<string, unknown>[],
  id: string,
): RepoFile | null {
  const matches = files.filter((entry) => entry.rfilename === name);
  if (matches.length === 0) return null;
  if (matches.length > 1)
    throw new InputError("hub-answer", `the hub lists ${name} of ${id} more than once`);
  const entry = matches[0]!;
  const lfs = entry.lfs === undefined || entry.lfs === null ? null : recordOf(entry.lfs, id);
  const hash = lfs ? (lfs.sha256 ?? lfs.oid) : entry.blobId;
  const sizeBytes = lfs ? (lfs.size ?? entry.size) : entry.size;
  if (typeof hash !== "string" || !(lfs ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hash)) {
    throw new InputError(
      "hub-name",
      `${name} of ${id} needs a hash of hexadecimal digits, got ${shorten(hash)}`,
    );
  }
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new InputError(
      "hub-answer",
      `${name} of ${id} needs a size in bytes, got ${shorten(sizeBytes)}`,
    );
  }
  return { name, sizeBytes, hash };
}

function recordOf(value: unknown, id: string): Record<string, unknown> {
  if (!isObject(value)) {
    throw new InputError(
      "hub-answer",
      `the hub's listing of ${id} needs objects, got ${shorten(value)}`,
    );
  }
  return value as Record<string, unknown>;
}
