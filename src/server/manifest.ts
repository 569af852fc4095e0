/** @file Every path that the server answers, made once at the start: no request ever names a file. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { InputError } from "../base/errors.ts";
import type { ModelFile } from "../models/modelFiles.ts";

export interface ServedFile {
  readonly type: string;
  readonly sizeBytes: number;
  /** Sent from memory, with the hash that a browser compares its copy by; null: read from `path`. */
  readonly body: Uint8Array | null;
  readonly hash: string | null;
  readonly path: string | null;
  /** May be kept by the browser for good: its name changes with its content. */
  readonly lasting: boolean;
}

export type Manifest = ReadonlyMap<string, ServedFile>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};
const IN_MEMORY_BYTES = 4e6;

/** Adds every file below `folder` under its own path, `index.html` under `/` too. */
export function pageManifest(folder: string): Map<string, ServedFile> {
  if (!existsSync(join(folder, "index.html")))
    throw new InputError("file", `the explorer is not built: ${folder} has no index.html`);
  const files = new Map<string, ServedFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length).replaceAll("\\", "/");
    files.set(name.startsWith("/") ? name : `/${name}`, servedFile(path));
  }
  for (const [name, file] of enginesOf(files)) files.set(name, file);
  files.set("/", files.get("/index.html")!);
  return files;
}

/**
 * The engine's WASM, 40 MB, is not packed with the page: it is the same file that the engine's own package has. What the
 * page's scripts call `ort-NAME-HASH.wasm` is NAME there.
 */
function enginesOf(page: ReadonlyMap<string, ServedFile>): [string, ServedFile][] {
  const scripts = [...page].filter(([name]) => name.endsWith(".js"));
  const names = new Set(
    scripts.flatMap(([, { body, path }]) => {
      const text = body ? Buffer.from(body).toString("latin1") : readFileSync(path!, "latin1");
      return text.match(/ort-[\w.-]+-[\w-]{8}\.wasm/g) ?? [];
    }),
  );
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  return [...names].flatMap((name): [string, ServedFile][] => {
    const own = join(folder, name.replace(/-[\w-]{8}\.wasm$/, ".wasm"));
    return page.has(`/assets/${name}`) || !existsSync(own)
      ? []
      : [[`/assets/${name}`, servedFile(own, true)]];
  });
}

/** The models of the zoo under `/zoo/`, which are packed once and not with the page. */
export function zooManifest(folder: string): Map<string, ServedFile> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries.flatMap((entry): [string, ServedFile][] => {
      if (!entry.isFile()) return [];
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length).replaceAll("\\", "/");
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      const sizeBytes = statSync(path).size;
      return [[`/zoo${name}`, { type, sizeBytes, body: null, hash: null, path, lasting: false }]];
    }),
  );
}

function servedFile(path: string, lasting = /-[\w-]{8}\.\w+$/.test(path)): ServedFile {
  const { size } = statSync(path);
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  const body = size <= IN_MEMORY_BYTES ? new Uint8Array(readFileSync(path)) : null;
  return { type, sizeBytes: size, body, hash: body && hashOf(body), path, lasting };
}

/**
 * The list of a model's files at `/model/list.json`, and each under a number.
 *
 * @param how.trustArchitecture the page opens the model as its declared architecture, although it names code of its own
 */
export function modelManifest(
  name: string,
  files: readonly ModelFile[],
  { trustArchitecture }: { readonly trustArchitecture?: boolean | undefined } = {},
): Map<string, ServedFile> {
  const list = files.map(({ name: file, sizeBytes }, index) => ({
    name: file,
    sizeBytes,
    path: `model/${index}`,
  }));
  return new Map([
    [
      "/model/list.json",
      text("application/json", JSON.stringify({ name, trustArchitecture, files: list })),
    ],
    ...files.map(({ path, sizeBytes }, index): [string, ServedFile] => [
      `/model/${index}`,
      { type: "application/octet-stream", sizeBytes, body: null, hash: null, path, lasting: false },
    ]),
  ]);
}

/** A file that exists only in memory. */
export function text(type: string, content: string): ServedFile {
  const body = new TextEncoder().encode(content);
  return { type, sizeBytes: body.length, body, hash: hashOf(body), path: null, lasting: false };
}

/** What a browser compares to know whether its copy is still good; of a file on disk as it is now. */
export function tagOf({ hash, path, sizeBytes }: ServedFile): string {
  return `"${hash ?? hashOf(`${path} ${sizeBytes} ${statSync(path!).mtimeMs}`)}"`;
}

function hashOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
