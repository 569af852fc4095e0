/** @file A hub of our own on the loopback address, which answers as the real one does, or as badly as a test wants. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly lfs: boolean;
}

/** A request that the hub got. */
export interface SeenRequest {
  readonly host: "hub" | "store";
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers in place of the hub; returns false to let the hub answer. `nth` counts the requests for this path, from 1. */
export type Misbehave = (
  request: IncomingMessage,
  response: ServerResponse,
  nth: number,
) => boolean;

export interface FakeHub {
  readonly endpoint: string;
  /** A second server, where large files lie, as the real hub has one. Another port is another origin. */
  readonly store: string;
  readonly requests: SeenRequest[];
  /** Bytes a second of a body, all connections together; 0 for no limit. */
  setRate(bytesPerSecond: number): void;
  setMisbehave(misbehave: Misbehave | null): void;
  /** Called with the body bytes sent for `path` since the start of the answer. */
  onSent: ((path: string, bytes: number) => void) | null;
  /** Replaces the listing that the API sends. */
  listing: ((honest: Record<string, unknown>) => unknown) | null;
  close(): Promise<void>;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const OTHER_COMMIT = "89abcdef0123456789abcdef0123456789abcdef";

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
export const gitHash = (bytes: Uint8Array) =>
  createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
export const hashOf = ({ bytes, lfs }: FakeFile) => (lfs ? sha256(bytes) : gitHash(bytes));

/** `size` bytes that look random and are the same in every run. */
export function someBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export const text = (name: string, content: string): FakeFile => ({
  name,
  bytes: new TextEncoder().encode(content),
  lfs: false,
});
export const large = (name: string, size: number, seed = 1): FakeFile => ({
  name,
  bytes: someBytes(size, seed),
  lfs: true,
});

/** A commit of its own for a branch that is not `main`. */
export const commitOf = (branch: string) => createHash("sha1").update(branch).digest("hex");

/**
 * Serves `files` as every model, at branch `main`, tag `step1000`, commit COMMIT and its short form.
 *
 * @param branches other branches with files of their own, in the order in which the hub lists them
 */
export async function fakeHub(
  files: readonly FakeFile[],
  branches: ReadonlyMap<string, readonly FakeFile[]> = new Map(),
): Promise<FakeHub> {
  const at = (commit: string) =>
    [...branches].find(([branch]) => commitOf(branch) === commit)?.[1] ??
    (commit === COMMIT ? files : []);
  const all = [files, ...branches.values()].flat();
  let rate = 0;
  let misbehave: Misbehave | null = null;
  const counts = new Map<string, number>();
  const hub: FakeHub = {
    endpoint: "",
    store: "",
    requests: [],
    onSent: null,
    listing: null,
    setRate: (bytes) => void (rate = bytes),
    setMisbehave: (next) => void ((misbehave = next), counts.clear()),
    close: async () => {
      await Promise.all([closed(front), closed(store)]);
    },
  };
  const note = (host: "hub" | "store", request: IncomingMessage) => {
    const path = decodeURIComponent(request.url ?? "");
    const { range, authorization, "if-range": ifRange } = request.headers;
    hub.requests.push({
      host,
      path,
      range,
      token: authorization,
      ifRange: ifRange as string | undefined,
    });
    counts.set(path, (counts.get(path) ?? 0) + 1);
    return path;
  };
  const front = createServer((request, response) => {
    const path = note("hub", request);
    if (misbehave?.(request, response, counts.get(path)!)) return;
    const api = /^\/api\/models\/(.+)\/revision\/(.+)\?blobs=true$/.exec(path);
    if (api) {
      const branch = branches.get(api[2]!);
      const branchFiles = branch
        ? { files: branch, sha: commitOf(api[2]!) }
        : { files, sha: MAIN_NAMES.includes(api[2]!) ? COMMIT : null };
      return sendListing(hub, branchFiles.files, api[1]!, branchFiles.sha, response);
    }
    if (/^\/api\/models\/.+\/refs$/.test(path)) return sendRefs([...branches.keys()], response);
    if (/^\/api\/models\/.+\/paths-info\//.test(path))
      return void sendPathsInfo(files, request, response);
    const [, revision = "", name = ""] = /\/resolve\/([0-9a-f]{40}|main)\/([^?]+)/.exec(path) ?? [];
    const commit = revision === "main" ? COMMIT : revision;
    const file = at(commit).find((entry) => entry.name === name);
    response.setHeader("x-repo-commit", commit);
    if (!file) return void response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    if (!file.lfs) return void sendFile(hub, path, file, request, response, rate);
    const location = `${hub.store}/blob/${hashOf(file)}?signature=secret`;
    response.writeHead(302, { location, ...linked(file) }).end();
  });
  const store = createServer((request, response) => {
    const path = note("store", request);
    if (misbehave?.(request, response, counts.get(path)!)) return;
    const file = all.find((each) => path.startsWith(`/blob/${hashOf(each)}`));
    if (!file) return void response.writeHead(404).end();
    void sendFile(hub, path, file, request, response, rate);
  });
  const [endpoint, storeAt] = await Promise.all([listening(front), listening(store)]);
  return Object.assign(hub, { endpoint, store: storeAt });
}

/** How the hub describes a large file that lies elsewhere. */
function linked(file: FakeFile): Record<string, string | number> {
  return { "x-linked-etag": `"${hashOf(file)}"`, "x-linked-size": file.bytes.byteLength };
}

/** What npm's client asks before it downloads: hashes and sizes of the paths in the request's body. */
async function sendPathsInfo(
  files: readonly FakeFile[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const { paths } = JSON.parse(body) as { paths: string[] };
  const matches = files.filter(({ name }) => paths.includes(name));
  const answer = matches.map((file) => ({
    ...{ type: "file", path: file.name, size: file.bytes.byteLength, oid: gitHash(file.bytes) },
    ...(file.lfs && {
      lfs: { oid: sha256(file.bytes), size: file.bytes.byteLength, pointerSize: 130 },
    }),
    lastCommit: { id: COMMIT, title: "first", date: "2020-01-01T00:00:00.000Z" },
  }));
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

const MAIN_NAMES = ["main", "step1000", "refs/pr/1", COMMIT, COMMIT.slice(0, 7)];

/** What the hub says of branches and tags; `step1000` is a tag. */
function sendRefs(branches: readonly string[], response: ServerResponse): void {
  const ref = (kind: string, targetCommit: string) => (name: string) => ({
    name,
    ref: `refs/${kind}/${name}`,
    targetCommit,
  });
  const answer = {
    tags: ["step1000"].map(ref("tags", COMMIT)),
    branches: ["main", ...branches].map(ref("heads", COMMIT)),
    converts: [],
  };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

/** @param sha null: there is no such revision */
function sendListing(
  hub: FakeHub,
  files: readonly FakeFile[],
  id: string,
  sha: string | null,
  response: ServerResponse,
): void {
  if (sha === null) {
    return void response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
  }
  const honest = {
    id,
    sha,
    siblings: files.map((file) => ({
      rfilename: file.name,
      size: file.bytes.byteLength,
      blobId: gitHash(file.bytes),
      ...(file.lfs
        ? { lfs: { sha256: sha256(file.bytes), size: file.bytes.byteLength, pointerSize: 130 } }
        : {}),
    })),
  };
  const answer = JSON.stringify(hub.listing ? hub.listing(honest) : honest);
  response.writeHead(200, { "content-type": "application/json" }).end(answer);
}

/** The file or the rest of it, in small pieces at the set rate. */
export async function sendFile(
  hub: FakeHub,
  path: string,
  file: FakeFile,
  request: IncomingMessage,
  response: ServerResponse,
  rate: number,
): Promise<void> {
  const size = file.bytes.byteLength;
  const [, first = "0", last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first);
  const stop = last ? Math.min(size, Number(last) + 1) : size;
  const etag = `"${hashOf(file)}"`;
  const honoured =
    (start > 0 || stop < size) &&
    [undefined, etag].includes(request.headers["if-range"] as string | undefined);
  const from = honoured ? start : 0;
  if (from >= size && size > 0)
    return void response.writeHead(416, { "content-range": `bytes */${size}` }).end();
  response.writeHead(honoured ? 206 : 200, {
    etag,
    "content-length": (honoured ? stop : size) - from,
    ...(honoured ? { "content-range": `bytes ${from}-${stop - 1}/${size}` } : {}),
  });
  if (request.method === "HEAD") return void response.end();
  const until = honoured ? stop : size;
  const piece = rate > 0 ? Math.max(64, Math.round(rate / 200)) : 64 * 1024;
  for (let at = from; at < until && !response.destroyed; at += piece) {
    const end = Math.min(until, at + piece);
    response.write(file.bytes.subarray(at, end));
    hub.onSent?.(path, end);
    if (rate > 0) await new Promise((done) => setTimeout(done, 5));
  }
  response.end();
}

async function listening(server: Server): Promise<string> {
  server.on("clientError", (_, socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
}
