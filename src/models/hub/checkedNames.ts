/** @file Names from people, hubs and files that become parts of a path or a URL: checked here, and nowhere else. */
import { InputError } from "../../base/errors.ts";

const DEVICES = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const LONGEST_PART = 200; // file systems allow 255 bytes, and we add a suffix for files under way
const LONGEST_PATH = 1000;

/**
 * A model id of the hub, `name` or `organisation/name`, as Python's client accepts it.
 *
 * @throws {InputError} "hub-name" for anything else
 */
export function checkedId(id: string): string {
  const parts = id.split("/");
  const fine =
    id.length <= 96 &&
    parts.length <= 2 &&
    parts.every((part) => /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/.test(part)) &&
    !/--|\.\.|\.git$|\.ipynb$/.test(id);
  if (!fine) {
    throw new InputError("hub-name", `a hub id is name or organisation/name, got ${shorten(id)}`);
  }
  return id;
}

/**
 * A branch, a tag or a commit, such as `main`, `step1000`, `refs/pr/1`.
 *
 * @throws {InputError} "hub-name" for what git or a file system would not take as one
 */
export function checkedRevision(revision: string): string {
  const fine =
    revision.length <= LONGEST_PART &&
    revision.split("/").every((part) => isSafePart(part) && /^[\w][\w.+@=-]*$/.test(part)) &&
    !/\.lock(\/|$)|@\{/.test(revision);
  if (!fine) {
    throw new InputError(
      "hub-name",
      `a revision is a branch, tag or commit, got ${shorten(revision)}`,
    );
  }
  return revision;
}

/**
 * The path of a file inside a repository: relative, with `/`, and safe on every file system.
 *
 * @throws {InputError} "hub-name" if it could lead anywhere else
 */
export function checkedFileName(name: string): string {
  if (name.length > LONGEST_PATH || !name.split("/").every(isSafePart)) {
    throw new InputError(
      "hub-name",
      `a file of a repository needs a plain relative path, got ${shorten(name)}`,
    );
  }
  return name;
}

/**
 * A full commit: 40 hexadecimal digits in lower case.
 *
 * @throws {InputError} "hub-name" for anything else
 */
export function checkedCommit(commit: unknown): string {
  if (!isCommit(commit)) {
    throw new InputError("hub-name", `a commit is 40 hexadecimal digits, got ${shorten(commit)}`);
  }
  return commit;
}

/** Whether `value` is a full commit: 40 hexadecimal digits in lower case. */
export function isCommit(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{40}$/.test(value);
}

/** A value that somebody else sent, short and without control characters, for a message. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}... (${text.length} characters)` : text;
}

function isSafePart(part: string): boolean {
  return (
    part !== "" &&
    part !== "." &&
    part !== ".." &&
    new TextEncoder().encode(part).length <= LONGEST_PART &&
    !/[\\:*?"<>|\u0000-\u001f\u007f\ufffd\p{Cs}]|[. ]$/u.test(part) &&
    !DEVICES.test(part)
  );
}
