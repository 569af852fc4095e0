import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { InputError } from "../../../src/base/errors.ts";
import { fetchFromHub, type FetchOptions } from "../../../src/models/hub/fetchFromHub.ts";
import { removeFromCache } from "../../../src/models/hub/removeFromCache.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import { COMMIT, fakeHub, hashOf, large, text, type FakeHub } from "./fakeHub.ts";

const FILE = large("model.safetensors", 1000);
const long = (count: number) => "a".repeat(count);

const IDS = [
  "",
  ".",
  "..",
  "../evil",
  "a/../b",
  "/etc/passwd",
  "a/b/c",
  "a//b",
  "a/",
  "/a",
  "a\\b",
  "C:\\x",
  "a\0b",
  "a b",
  "a/..b",
  "a--b/c",
  "org/na--me",
  ".git/config",
  "org/.hidden",
  "org/name.git",
  "-rf",
  "org/name?x=1",
  "org/na%2e%2e",
  "org/name#x",
  "a\nb",
  `org/${long(300)}`,
  "org/имя",
  "https://host/x",
  "org/name@main",
];
const REVISIONS = [
  "",
  "..",
  "../../x",
  "/abs",
  "a/../b",
  "a//b",
  "a/",
  "refs/",
  ".hidden",
  "a/.b",
  "a\\b",
  "a\0b",
  "a b",
  "x.lock",
  "a~1",
  "a^",
  "a:b",
  "a?b",
  "a*",
  "a@{1}",
  long(300),
  "CON",
  "refs/nul",
  "aux.txt",
  "a.",
  "%2e%2e",
  "\u202emain",
  "\ud800",
];
const FILES = [
  "",
  ".",
  "..",
  "../evil",
  "../../../../evil",
  "/etc/passwd",
  "a/../../b",
  "a//b",
  "a/",
  "./a",
  "C:\\evil",
  "..\\evil",
  "a\0b",
  "CON",
  "nul.safetensors",
  "a/LPT1.txt",
  "a:stream",
  "trailing.",
  "trailing ",
  long(300),
  `${"a/".repeat(600)}x`,
  "a\nb",
  "\ud800.bin",
  "a*b",
  "a|b",
];
const HASHES: unknown[] = [
  "../../../../evil",
  "",
  "..",
  "/abs",
  "g".repeat(64),
  `${hashOf(FILE)}/x`,
  hashOf(FILE).toUpperCase(),
  hashOf(FILE).slice(1),
  `${hashOf(FILE)}\0`,
  5,
  null,
  {},
  [hashOf(FILE)],
  "CON",
];
const COMMITS: unknown[] = [
  "..",
  "../../evil",
  "",
  COMMIT.toUpperCase(),
  COMMIT.slice(1),
  `${COMMIT}0`,
  5,
  null,
  [COMMIT],
];

let top: string;
let hub: FakeHub;
beforeAll(async () => void (hub = await fakeHub([FILE, text("config.json", "{}")])));
afterAll(() => hub.close());
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "hub-hostile-"));
  mkdirSync(join(top, "outside"));
  hub.listing = null;
  hub.setMisbehave(null);
});
afterEach(() => rmSync(top, { recursive: true }));

const fetched = (id: string, more: FetchOptions = {}) =>
  fetchFromHub(id, {
    endpoint: hub.endpoint,
    cacheDir: join(top, "cache"),
    env: {},
    retries: 0,
    files: exactly(FILE.name),
    ...more,
  });
const files = () =>
  readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

async function refused(call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).code).toBe("hub-name");
  expect((error as InputError).message.length).toBeLessThan(300);
  expect(files()).toEqual([]);
}

const count = IDS.length + REVISIONS.length + FILES.length * 2 + HASHES.length + COMMITS.length;

describe(`${count} hostile names are refused, and nothing is written`, () => {
  test(`${IDS.length} ids`, async () => {
    for (const id of IDS) await refused(fetched(id));
    expect(hub.requests).toEqual([]);
  });

  test(`${REVISIONS.length} revisions`, async () => {
    for (const revision of REVISIONS) await refused(fetched("org/name", { revision }));
    expect(hub.requests).toEqual([]);
  });

  test(`${FILES.length} file names that were asked for`, async () => {
    for (const name of FILES) await refused(fetched("org/name", { files: exactly(name) }));
  });

  test(`${FILES.length} file names in an index of weights`, async () => {
    for (const name of FILES) {
      const index = text(
        "model.safetensors.index.json",
        JSON.stringify({ weight_map: { w: name } }),
      );
      const own = await fakeHub([index, { ...FILE, name }]);
      const request = { required: [], optional: [], firstOf: [index.name] };
      const error = await fetched("org/name", { endpoint: own.endpoint, files: request }).catch(
        (thrown: unknown) => thrown,
      );
      await own.close();
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).code).toBe("hub-name");
      expect(files().map((entry) => entry.name)).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)]); // the index itself
      rmSync(join(top, "cache"), { recursive: true });
    }
  });

  test(`${HASHES.length} hashes from the hub`, async () => {
    for (const sha256 of HASHES) {
      hub.listing = (honest) => ({
        ...honest,
        siblings: [{ rfilename: FILE.name, size: 1000, lfs: { sha256, size: 1000 } }],
      });
      await refused(fetched("org/name"));
    }
    hub.listing = (honest) => ({
      ...honest,
      siblings: [{ rfilename: FILE.name, size: 1000, blobId: "../evil" }],
    });
    await refused(fetched("org/name"));
  });

  test(`${COMMITS.length} commits from the hub`, async () => {
    for (const sha of COMMITS) {
      hub.listing = (honest) => ({ ...honest, sha });
      await refused(fetched("org/name"));
    }
  });
});

describe("what is laid in the way is not followed", () => {
  test("an entity tag is no file name", async () => {
    hub.setMisbehave((request, response) => {
      if (!request.url!.startsWith("/blob/")) return false;
      response
        .writeHead(200, { etag: '"../../../outside/evil"', "x-linked-etag": "../evil" })
        .end(FILE.bytes);
      return true;
    });
    await fetched("org/name");
    expect(readdirSync(join(top, "outside"))).toEqual([]);
  });

  test.each(["blobs", "refs", "snapshots", `snapshots/${COMMIT}`, ".no_exist"])(
    "a link out of the cache at %s gets no file",
    async (place) => {
      const path = join(top, "cache/models--org--name", place);
      mkdirSync(join(path, ".."), { recursive: true });
      symlinkSync(join(top, "outside"), path);
      const request = { ...exactly(FILE.name), optional: ["missing.json"] };
      await fetched("org/name", { files: request }).catch((error: unknown) =>
        expect(error).toBeInstanceOf(InputError),
      );
      const outside = readdirSync(join(top, "outside"), { recursive: true, withFileTypes: true });
      expect(outside.filter((entry) => !entry.isDirectory())).toEqual([]);
    },
  );

  test("a link in place of a snapshot's file is replaced, not written through", async () => {
    const victim = join(top, "outside/victim");
    const folder = join(top, "cache/models--org--name/snapshots", COMMIT);
    mkdirSync(folder, { recursive: true });
    symlinkSync(victim, join(folder, FILE.name));
    await fetched("org/name");
    expect(readdirSync(join(top, "outside"))).toEqual([]);
    rmSync(join(folder, FILE.name));
  });

  test("a removal does not follow a link in place of the model's folder", async () => {
    mkdirSync(join(top, "cache"));
    mkdirSync(join(top, "outside/blobs"));
    writeFileSync(join(top, "outside/blobs/precious"), "x");
    symlinkSync(join(top, "outside"), join(top, "cache/models--org--name"));
    await expect(removeFromCache(join(top, "cache"), "org/name")).rejects.toThrow(/is a link/);
    expect(readdirSync(join(top, "outside/blobs"))).toEqual(["precious"]);
  });
});
