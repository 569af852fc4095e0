/** @file A model from the hub as blobs, for browsers: one request for the list, one for each file, nothing is kept. */
import type { Progress } from "../../base/progress.ts";
import { AbortError, InputError, UnableError } from "../../base/errors.ts";
import { sha1Hex, sha256Hex } from "../../base/hash.ts";
import type { NamedBlob } from "../openBlobs.ts";
import { checkedId, checkedRevision } from "./checkedNames.ts";
import { collectFiles } from "./collectFiles.ts";
import {
  fileUrl,
  listingIn,
  listingUrl,
  PUBLIC_HUB,
  type RepoFile,
  type RepoListing,
} from "./listing.ts";
import { modelFilesIn } from "./hubGguf.ts";
import type { HubModelName } from "../modelName.ts";
import { TOKENIZER_FILES, wantedIn, type WantedFiles, type WantedFrom } from "./wantedFiles.ts";

export interface HubBlobsOptions {
  /** Branch, tag or commit; left out: main. */
  readonly revision?: string | null | undefined;
  /** Address of the hub; left out: the public one. */
  readonly endpoint?: string | undefined;
  /** Told how many numbers the weights have at least, before they are fetched; what it throws ends the download. */
  readonly checkParameters?: ((parameters: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

export interface HubBlobs {
  /** Full commit. */
  readonly commit: string;
  readonly files: readonly NamedBlob[];
}

const WEIGHTS = /\.(safetensors|bin|gguf)$/i;
/** No weight takes more bytes. */
const MOST_BYTES_EACH = 4;

/**
 * Configuration, tokenizer and weights of a model of the hub.
 * Every file is checked against the hash that the hub lists for it.
 *
 * @throws {InputError} "hub-name", "hub-not-found", "hub-refused", "hub-answer" for what is not what the hub listed
 * @throws {UnableError} if the hub cannot be reached or a transfer breaks off
 * @throws {AbortError} if the signal fires
 */
export async function fetchHubBlobs(
  { id: typedId, tokenizer, gguf }: HubModelName,
  options: HubBlobsOptions = {},
): Promise<HubBlobs> {
  const revision = checkedRevision(options.revision ?? "main");
  const id = checkedId(typedId);
  const choose: WantedFrom = (names) => modelFilesIn(names, id, gguf);
  const model = await fetchModel(id, revision, choose, options);
  const hasTokenizer = model.files.some(({ name }) => /^(tokenizer|vocab)\.json$/.test(name));
  if (tokenizer === null || hasTokenizer) return model;
  const lent = await fetchModel(tokenizer, "main", TOKENIZER_FILES, options);
  return { commit: model.commit, files: [...model.files, ...lent.files] };
}

async function fetchModel(
  id: string,
  revision: string,
  choice: WantedFiles | WantedFrom,
  options: HubBlobsOptions,
): Promise<HubBlobs> {
  const endpoint = options.endpoint ?? PUBLIC_HUB;
  const answer = await fetchAnswer(listingUrl(endpoint, id, revision), options);
  const listing = listingIn(await jsonIn(answer, id), id, revision);
  const files = new Map<string, Blob>();
  const bound = (bytes: number) => options.checkParameters?.(Math.floor(bytes / MOST_BYTES_EACH));
  const bring = async (name: string) => {
    const file = listing.file(name);
    if (file === null) return false;
    if (WEIGHTS.test(name)) bound(file.sizeBytes);
    const url = fileUrl(endpoint, id, listing.commit, name);
    files.set(name, await download(url, file, options));
    return true;
  };
  const indexText = async (name: string) => {
    const text = await files.get(name)!.text();
    bound(bytesOfShards(text, listing));
    return text;
  };
  const names = await collectFiles(id, wantedIn(choice, listing.names), bring, indexText);
  if (typeof names === "string")
    throw new InputError("hub-not-found", `${id} at ${revision} ${names}`);
  return { commit: listing.commit, files: names.map((name) => ({ name, blob: files.get(name)! })) };
}

/** Of all shards together that an index names; what is wrong with the index is said where it is read. */
function bytesOfShards(index: string, listing: RepoListing): number {
  const names = new Set(index.match(/[^"]+\.(safetensors|bin)(?=")/g) ?? []);
  return [...names].reduce((sum, name) => sum + (listing.file(name)?.sizeBytes ?? 0), 0);
}

async function jsonIn(answer: Response, id: string): Promise<unknown> {
  try {
    return await answer.json();
  } catch (cause) {
    throw new InputError("hub-answer", `the hub's list of ${id} is not JSON`, { cause });
  }
}

/** The file's bytes, which the browser may keep on disk, once they are what the hub listed. */
async function download(url: string, file: RepoFile, options: HubBlobsOptions): Promise<Blob> {
  const { name, sizeBytes, hash } = file;
  const answer = await fetchAnswer(url, options);
  const parts: Blob[] = [];
  let done = 0;
  options.progress?.(`downloading ${name}`, 0, sizeBytes);
  try {
    for (const reader = answer.body!.getReader(); ;) {
      const { done: isEnd, value } = await reader.read();
      if (isEnd) break;
      parts.push(new Blob([value as BlobPart]));
      done += value.byteLength;
      if (done > sizeBytes) {
        await reader.cancel();
        wrong(file, "is longer than it says");
      }
      options.progress?.(`downloading ${name}`, done, sizeBytes);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw brokenDownload(url, error, options);
  }
  if (done < sizeBytes)
    throw new UnableError(`${name} broke off after ${done} of ${sizeBytes} bytes`);
  const blob = new Blob(parts);
  if ((await hashOf(blob, hash.length)) !== hash) wrong(file, "has another hash than it says");
  return blob;
}

function wrong({ name }: RepoFile, what: string): never {
  throw new InputError("hub-answer", `${name} of the hub ${what}`);
}

/** sha256 of a large file, git's sha1 of a small one. */
async function hashOf(blob: Blob, digits: number): Promise<string> {
  const whole = digits === 64 ? blob : new Blob([`blob ${blob.size}\0`, blob]);
  const bytes = new Uint8Array(await whole.arrayBuffer());
  return digits === 64 ? sha256Hex(bytes) : sha1Hex(bytes);
}

async function fetchAnswer(url: string, options: HubBlobsOptions): Promise<Response> {
  const { signal } = options;
  const answer = await fetch(url, { ...(signal && { signal }), credentials: "omit" }).catch(
    (error: unknown) => {
      throw brokenDownload(url, error, options);
    },
  );
  if (answer.ok) return answer;
  const { status } = answer;
  const place = new URL(url).pathname;
  if (status === 404) throw new InputError("hub-not-found", `the hub has no ${place}`);
  if (status === 401 || status === 403)
    throw new InputError(
      "hub-refused",
      `${place} does not exist or needs an account (${status}), which a page has none of; the command line takes HF_TOKEN`,
    );
  if (status === 429 || status >= 500)
    throw new UnableError(`the hub is busy (${status}); try again in a while`);
  throw new InputError("hub-answer", `the hub answered ${status} for ${place}`);
}

function brokenDownload(url: string, cause: unknown, { signal }: HubBlobsOptions): Error {
  if (signal?.aborted) return new AbortError(signal?.reason);
  return new UnableError(
    `the hub at ${new URL(url).origin} cannot be reached from here, or the connection broke off`,
    { cause },
  );
}
