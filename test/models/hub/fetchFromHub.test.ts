import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AbortError, InputError } from "../../../src/base/errors.ts";
import { fetchFromHub, type FetchOptions } from "../../../src/models/hub/fetchFromHub.ts";
import { exactly, TOKENIZER_FILES } from "../../../src/models/hub/wantedFiles.ts";
import { COMMIT, fakeHub, gitHash, hashOf, large, sha256, text, type FakeHub } from "./fakeHub.ts";

const CONFIG = text("config.json", '{"model_type":"gpt2"}');
const WEIGHTS = large("model.safetensors", 300_000);
const FILES = [
  CONFIG,
  WEIGHTS,
  text("tokenizer.json", "{}"),
  text("README.md", "not wanted"),
  large("pytorch_model.bin", 1000, 7),
  text("nested/more/notes.txt", "deep"),
  text("empty.txt", ""),
];

let cacheDir: string;
let hub: FakeHub;
beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "hub-cache-"));
  hub = await fakeHub(FILES);
});
afterEach(async () => {
  await hub.close();
  rmSync(cacheDir, { recursive: true });
});

const options = (more: FetchOptions = {}): FetchOptions => ({
  endpoint: hub.endpoint,
  cacheDir,
  env: {},
  backoffMs: 1,
  retries: 2,
  timeoutMs: 2000,
  ...more,
});
const fetched = (more: FetchOptions = {}) => fetchFromHub("org/name", options(more));

describe("fetchFromHub(id, options)", () => {
  test("lays files out as Python's client does: blobs by hash, relative links, refs", async () => {
    const got = await fetched();
    const root = join(cacheDir, "models--org--name");
    expect(got).toEqual({
      id: "org/name",
      revision: "main",
      commit: COMMIT,
      folder: join(root, "snapshots", COMMIT),
      files: ["config.json", "tokenizer.json", "model.safetensors"],
      warning: null,
    });
    expect(readFileSync(join(root, "refs/main"), "utf8")).toBe(COMMIT);
    expect(readlinkSync(join(got.folder, "model.safetensors"))).toBe(
      `../../blobs/${sha256(WEIGHTS.bytes)}`,
    );
    expect(readlinkSync(join(got.folder, "config.json"))).toBe(
      `../../blobs/${gitHash(CONFIG.bytes)}`,
    );
    expect(new Uint8Array(readFileSync(join(got.folder, "model.safetensors")))).toEqual(
      WEIGHTS.bytes,
    );
    expect(readdirSync(join(root, "blobs")).length).toBe(3);
  });

  test("links files in folders, and stores an empty file", async () => {
    const { folder } = await fetched({ files: exactly("nested/more/notes.txt", "empty.txt") });
    expect(readFileSync(join(folder, "nested/more/notes.txt"), "utf8")).toBe("deep");
    expect(readlinkSync(join(folder, "nested/more/notes.txt"))).toMatch(
      /^\.\.\/\.\.\/\.\.\/\.\.\/blobs\//,
    );
    expect(readFileSync(join(folder, "empty.txt"), "utf8")).toBe("");
  });

  test("the second call asks once for a branch, and nothing for a full commit or offline", async () => {
    await fetched();
    const requests = async (more: FetchOptions) => {
      hub.requests.length = 0;
      await fetched(more);
      return hub.requests.length;
    };
    expect(await requests({})).toBe(1);
    expect(await requests({ revision: COMMIT })).toBe(0);
    expect(await requests({ offline: true })).toBe(0);
    expect(await requests({ env: { HF_HUB_OFFLINE: "1" } })).toBe(0);
    expect(await requests({ revision: COMMIT.slice(0, 9), offline: true })).toBe(0);
  });

  test("resolves a tag, a short commit and a pull request to the full commit", async () => {
    for (const revision of ["step1000", COMMIT.slice(0, 7), "refs/pr/1"]) {
      const got = await fetched({ revision, files: exactly("config.json") });
      expect(got.commit).toBe(COMMIT);
      const ref = join(cacheDir, "models--org--name/refs", revision);
      expect(readFileSync(ref, "utf8")).toBe(COMMIT);
    }
  });

  test("takes the torch checkpoint where there are no safetensors, and the shards that an index names", async () => {
    await hub.close();
    hub = await fakeHub([CONFIG, FILES[4]!]);
    expect((await fetched()).files).toEqual(["config.json", "pytorch_model.bin"]);
    await hub.close();
    const shards = [1, 2].map((part) => large(`model-0000${part}-of-00002.safetensors`, 100, part));
    const index = { weight_map: { b: shards[1]!.name, a: shards[0]!.name, c: shards[1]!.name } };
    hub = await fakeHub([
      CONFIG,
      text("model.safetensors.index.json", JSON.stringify(index)),
      ...shards,
    ]);
    const got = await fetchFromHub("org/sharded", options());
    expect(got.files).toEqual([
      "config.json",
      "model.safetensors.index.json",
      ...shards.map(({ name }) => name),
    ]);
    hub.requests.length = 0;
    await fetchFromHub("org/sharded", options({ revision: COMMIT }));
    expect(hub.requests).toEqual([]);
  });

  test("tells how many bytes of each file are here", async () => {
    const events: [string, number, number][] = [];
    await fetched({ onProgress: ({ file, bytes, total }) => events.push([file, bytes, total]) });
    const ofWeights = events.filter(([file]) => file === "model.safetensors");
    expect(ofWeights.at(-1)).toEqual(["model.safetensors", 300_000, 300_000]);
    expect(ofWeights.map(([, bytes]) => bytes)).toEqual(
      ofWeights.map(([, bytes]) => bytes).sort((a, b) => a - b),
    );
  });

  test("sends the token to the hub and to no other origin", async () => {
    await fetched({ env: { HF_TOKEN: "hf_secret" } });
    expect(
      hub.requests
        .filter(({ host }) => host === "hub")
        .every(({ token }) => token === "Bearer hf_secret"),
    ).toBe(true);
    expect(hub.requests.filter(({ host }) => host === "store").map(({ token }) => token)).toEqual([
      undefined,
    ]);
  });

  test("sends no token back to the hub's host on another port or scheme, nor to a name of it", async () => {
    const port = new URL(hub.endpoint).port;
    hub.setMisbehave((request, response) => {
      if (!request.url!.includes("/resolve/") || request.headers.host!.startsWith("localhost"))
        return false;
      response.writeHead(302, { location: `http://localhost:${port}${request.url!}` }).end();
      return true;
    });
    await fetched({ token: "hf_secret", files: exactly("config.json") });
    expect(hub.requests.map(({ token }) => token)).toEqual([
      "Bearer hf_secret",
      "Bearer hf_secret",
      undefined,
    ]);
  });

  test("keeps the token through a redirect on the hub itself", async () => {
    hub.setMisbehave((request, response) => {
      if (!request.url!.startsWith("/api/models/org/name")) return false;
      response.writeHead(307, { location: request.url!.replace("org/name", "neworg/name") }).end();
      return true;
    });
    await fetched({ token: "hf_secret", files: exactly("config.json") });
    expect(hub.requests.every(({ token }) => token === "Bearer hf_secret")).toBe(true);
  });

  test("reads the token file of HF_HOME, unless it is told not to", async () => {
    const home = join(cacheDir, "home");
    mkdirSync(home);
    writeFileSync(join(home, "token"), "hf_from_file\n");
    const env = { HF_HOME: home };
    await fetched({ env, files: exactly("config.json") });
    expect(hub.requests[0]!.token).toBe("Bearer hf_from_file");
    await fetched({ env, token: false });
    await fetched({ env: { ...env, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" } });
    expect(hub.requests.slice(3).every(({ token }) => token === undefined)).toBe(true);
  });

  test("finds the hub and the cache in the environment", async () => {
    const env = { HF_ENDPOINT: `${hub.endpoint}/`, HF_HUB_CACHE: join(cacheDir, "elsewhere") };
    const got = await fetchFromHub("org/name", { env, files: exactly("config.json") });
    expect(got.folder.startsWith(join(cacheDir, "elsewhere", "models--org--name"))).toBe(true);
    const home = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(cacheDir, "home") };
    const other = await fetchFromHub("org/name", { env: home, files: exactly("config.json") });
    expect(other.folder.startsWith(join(cacheDir, "home", "hub", "models--org--name"))).toBe(true);
  });

  test("offline, says what is missing and makes no request", async () => {
    await expect(fetched({ offline: true })).rejects.toThrow(
      /^org\/name at main is not complete in .*offline$/,
    );
    await fetched({ files: TOKENIZER_FILES });
    hub.requests.length = 0;
    await expect(fetched({ offline: true })).rejects.toThrow(InputError);
    expect(hub.requests).toEqual([]);
  });

  test("with the hub out of reach, uses what is complete in the cache and says so", async () => {
    await fetched();
    hub.setMisbehave((_, response) => Boolean(response.writeHead(503).end()));
    expect((await fetched()).warning).toMatch(
      /^main of org\/name is as it was last downloaded: .* 503/,
    );
    await expect(fetched({ files: exactly("README.md") })).rejects.toThrow(
      /answered 503; gave up after 3 tries/,
    );
  });

  test("continues a broken download with Range and If-Range, and keeps nothing but the file", async () => {
    const half = WEIGHTS.bytes.subarray(0, 100_000);
    hub.setMisbehave((request, response, nth) => {
      if (!request.url!.startsWith("/blob/") || nth > 1) return false;
      response.writeHead(200, {
        "content-length": WEIGHTS.bytes.length,
        etag: `"${hashOf(WEIGHTS)}"`,
      });
      response.write(half, () => setTimeout(() => response.destroy(), 50));
      return true;
    });
    const { folder } = await fetched();
    const store = hub.requests.filter(({ host }) => host === "store");
    expect(store.map(({ range }) => range)).toEqual([undefined, "bytes=100000-"]);
    expect(store[1]!.ifRange).toBe(`"${hashOf(WEIGHTS)}"`);
    expect(new Uint8Array(readFileSync(join(folder, "model.safetensors")))).toEqual(WEIGHTS.bytes);
    expect(readdirSync(join(cacheDir, ".locks/models--org--name"))).toEqual([]);
  });

  test("starts again when a part left by a dead process is damaged", async () => {
    const { blobs } = { blobs: join(cacheDir, "models--org--name/blobs") };
    mkdirSync(blobs, { recursive: true });
    const left = join(blobs, `${hashOf(WEIGHTS)}.0.00000000.000000000000.incomplete`);
    writeFileSync(left, new Uint8Array(1000));
    const { folder } = await fetched();
    expect(new Uint8Array(readFileSync(join(folder, "model.safetensors")))).toEqual(WEIGHTS.bytes);
    expect(hub.requests.filter(({ host }) => host === "store").map(({ range }) => range)).toEqual([
      "bytes=1000-",
      undefined,
    ]);
    expect(readdirSync(blobs).filter((name) => name.includes("incomplete"))).toEqual([]);
  });

  test("replaces a blob of the wrong size by renaming, and a snapshot link that leads nowhere", async () => {
    const { folder } = await fetched();
    writeFileSync(join(folder, "model.safetensors"), "cut"); // through the link, into the blob
    rmSync(join(folder, "config.json"));
    symlinkSync("../../blobs/gone", join(folder, "config.json"));
    await fetched();
    expect(new Uint8Array(readFileSync(join(folder, "model.safetensors")))).toEqual(WEIGHTS.bytes);
    expect(readFileSync(join(folder, "config.json"), "utf8")).toContain("gpt2");
  });

  test("stops when the signal fires, and leaves no lock and no small part", async () => {
    hub.setRate(100_000);
    const control = new AbortController();
    const stopped = fetched({
      signal: control.signal,
      onProgress: ({ bytes }) => bytes > 1000 && control.abort(),
    });
    await expect(stopped).rejects.toThrow(AbortError);
    const root = join(cacheDir, "models--org--name");
    expect(readdirSync(join(root, "blobs")).filter((name) => name.includes("."))).toEqual([]);
    expect(readdirSync(join(cacheDir, ".locks/models--org--name"))).toEqual([]);
    const never = new AbortController();
    never.abort();
    await expect(fetched({ signal: never.signal })).rejects.toThrow(AbortError);
  });

  test("two calls at once in one process make one transfer", async () => {
    hub.setRate(1_000_000);
    await Promise.all([fetched(), fetched(), fetched()]);
    expect(hub.requests.filter(({ host }) => host === "store").length).toBe(1);
  });

  test("uses a blob that another commit brought", async () => {
    await fetched();
    hub.requests.length = 0;
    rmSync(join(cacheDir, "models--org--name/snapshots"), { recursive: true });
    const { folder } = await fetched();
    expect(hub.requests.length).toBe(1);
    expect(lstatSync(join(folder, "model.safetensors")).isSymbolicLink()).toBe(true);
  });

  test("says which file a repository lacks", async () => {
    await expect(fetched({ files: exactly("gone.bin", "away.bin") })).rejects.toThrow(
      "org/name at main has no gone.bin, away.bin",
    );
    const none = { required: [], optional: [], firstOf: ["one.bin", "two.bin"] };
    await expect(fetched({ files: none })).rejects.toThrow(
      "org/name at main has none of one.bin, two.bin",
    );
  });
});
