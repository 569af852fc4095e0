import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { InputError, UnableError } from "../../../src/base/errors.ts";
import { cacheEntries, verifyCache } from "../../../src/models/hub/cacheEntries.ts";
import { fetchFromHub, type FetchOptions } from "../../../src/models/hub/fetchFromHub.ts";
import { hubCacheFolder } from "../../../src/models/hub/hubSettings.ts";
import { hubName } from "../../../src/models/hub/names.ts";
import { removeFromCache } from "../../../src/models/hub/removeFromCache.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import { COMMIT, fakeHub, hashOf, large, OTHER_COMMIT, text, type FakeHub } from "./fakeHub.ts";

const CONFIG = text("config.json", "{}");
const FILE = large("model.safetensors", 200_000);

let hub: FakeHub;
let cacheDir: string;
beforeAll(async () => void (hub = await fakeHub([CONFIG, FILE])));
afterAll(() => hub.close());
beforeEach(() => void (cacheDir = mkdtempSync(join(tmpdir(), "hub-cache-"))));
afterEach(() => {
  rmSync(cacheDir, { recursive: true });
  hub.listing = null;
  hub.setMisbehave(null);
  hub.setRate(0);
  hub.onSent = null;
});
const fetched = (id: string, more: FetchOptions = {}) =>
  fetchFromHub(id, { endpoint: hub.endpoint, cacheDir, env: {}, ...more });

/** The same repository one commit later, with another config. */
function later(): void {
  const config = text("config.json", '{"later":true}');
  hub.listing = (honest) => ({
    ...honest,
    sha: OTHER_COMMIT,
    siblings: (honest.siblings as Record<string, unknown>[]).map((entry) =>
      entry.rfilename === "config.json"
        ? { ...entry, size: config.bytes.length, blobId: hashOf(config) }
        : entry,
    ),
  });
  hub.setMisbehave((request, response) => {
    if (!request.url!.endsWith("/config.json")) return false;
    response.end(config.bytes);
    return true;
  });
}

describe("cacheEntries(cacheDir)", () => {
  test("lists models with their commits, refs, files and bytes", async () => {
    await fetched("org/name");
    await fetched("gpt2", { revision: "step1000" });
    const entries = await cacheEntries(cacheDir);
    expect(entries.map(({ id }) => id)).toEqual(["gpt2", "org/name"]);
    expect(entries[1]!.sizeBytes).toBe(200_002);
    expect(entries[1]!.unfinishedBytes).toBe(0);
    expect(entries[0]!.revisions).toEqual([
      {
        commit: COMMIT,
        refs: ["step1000"],
        sizeBytes: 200_002,
        files: [
          { name: "config.json", sizeBytes: 2, blob: hashOf(CONFIG) },
          { name: "model.safetensors", sizeBytes: 200_000, blob: hashOf(FILE) },
        ],
      },
    ]);
  });

  test("is empty for a folder that is not there", async () => {
    expect(await cacheEntries(join(cacheDir, "nowhere"))).toEqual([]);
  });
});

describe("verifyCache(cacheDir)", () => {
  test("finds nothing wrong after a download, and reads every byte", async () => {
    await fetched("org/name");
    const counts: number[] = [];
    const report = await verifyCache(cacheDir, { onBytes: (bytes) => counts.push(bytes) });
    expect(report).toEqual({ checked: 2, bytes: 200_002, bad: [] });
    expect(counts.at(-1)).toBe(200_002);
  });

  test("names a blob with one bit flipped, and a link without its blob", async () => {
    const { folder } = await fetched("org/name");
    const blob = realpathSync(join(folder, FILE.name));
    const bytes = readFileSync(blob);
    bytes[5]! ^= 1;
    writeFileSync(blob, bytes);
    rmSync(realpathSync(join(folder, "config.json")));
    const { bad } = await verifyCache(cacheDir, { id: "org/name" });
    expect(bad.map(({ path, problem }) => [path, problem])).toEqual([
      [blob, expect.stringMatching(/^has the hash [0-9a-f]{64}$/)],
      [join(folder, "config.json"), "is a link to a blob that is not there"],
    ]);
    expect((await verifyCache(cacheDir, { id: "other" })).checked).toBe(0);
  });
});

describe("removeFromCache(cacheDir, target)", () => {
  test("removes one commit with the blobs that only it has, and the refs to it", async () => {
    await fetched("org/name");
    later();
    await fetched("org/name", { revision: "step1000" });
    expect((await cacheEntries(cacheDir))[0]!.revisions.map(({ refs }) => refs)).toEqual([
      ["main"],
      ["step1000"],
    ]);
    expect(await removeFromCache(cacheDir, "org/name@main")).toEqual({
      id: "org/name",
      commits: [COMMIT],
      freedBytes: 2,
    });
    const [left] = await cacheEntries(cacheDir);
    expect(left!.revisions.map(({ commit, refs }) => [commit, refs])).toEqual([
      [OTHER_COMMIT, ["step1000"]],
    ]);
    expect((await verifyCache(cacheDir)).bad).toEqual([]);
  });

  test("removes a model by id, and a commit by its first digits", async () => {
    await fetched("org/name");
    await fetched("gpt2");
    expect((await removeFromCache(cacheDir, "gpt2")).freedBytes).toBe(200_002);
    expect((await cacheEntries(cacheDir)).map(({ id }) => id)).toEqual(["org/name"]);
    await removeFromCache(cacheDir, COMMIT.slice(0, 8));
    expect(await cacheEntries(cacheDir)).toEqual([]);
  });

  test("refuses what it does not have, and what could be two things", async () => {
    await fetched("org/name");
    await fetched("gpt2");
    await expect(removeFromCache(cacheDir, "gpt3")).rejects.toThrow(
      /has no gpt3, it has gpt2, org\/name/,
    );
    await expect(removeFromCache(cacheDir, "../x")).rejects.toThrow(InputError);
    await expect(removeFromCache(cacheDir, COMMIT)).rejects.toThrow(
      /could be any of gpt2@.*, org\/name@/,
    );
    expect((await cacheEntries(cacheDir)).length).toBe(2);
  });

  test("refuses while the model is being downloaded", async () => {
    hub.setRate(400_000);
    const going = fetched("org/name");
    await new Promise<void>(
      (done) =>
        void (hub.onSent = (path, bytes) => path.startsWith("/blob") && bytes > 1e4 && done()),
    );
    await expect(removeFromCache(cacheDir, "org/name")).rejects.toThrow(/is being downloaded/);
    await going;
  });
});

describe("a full disk", () => {
  const root = mkdtempSync(join(tmpdir(), "hub-small-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync("umount", [root]);
    rmSync(root, { recursive: true, force: true });
  });
  const blobs = join(root, "models--org--name/blobs");

  test.skipIf(!mounted)("is told before the download begins (needs a tmpfs of 1 MB)", async () => {
    const big = await fakeHub([large("big.bin", 3_000_000)]);
    const call = fetchFromHub("org/name", {
      endpoint: big.endpoint,
      cacheDir: root,
      env: {},
      files: exactly("big.bin"),
    });
    await expect(call).rejects.toThrow(/^big.bin needs 3.0 MB, and (1.0 MB|9\d\d kB) are free$/);
    await expect(call).rejects.toThrow(UnableError);
    expect(big.requests.some(({ host }) => host === "store")).toBe(false);
    expect(readdirSync(blobs)).toEqual([]);
    await big.close();
  });

  test.skipIf(!mounted)(
    "is told when it fills up meanwhile, what was there stays and the part goes",
    async () => {
      const own = await fakeHub([CONFIG, large("big.bin", 900_000)]);
      const call = (name: string) =>
        fetchFromHub("org/name", {
          endpoint: own.endpoint,
          cacheDir: root,
          env: {},
          files: exactly(name),
        });
      await call("config.json");
      own.setRate(2_000_000);
      own.onSent = (_, bytes) => {
        if (bytes > 300_000 && !existsSync(join(root, "other")))
          writeFileSync(join(root, "other"), new Uint8Array(500_000));
      };
      await expect(call("big.bin")).rejects.toThrow(
        /^big.bin needs 900 kB, and the disk of the cache is full$/,
      );
      expect(readdirSync(blobs)).toEqual([hashOf(CONFIG)]);
      rmSync(join(root, "other"));
      own.onSent = null;
      await call("big.bin");
      await own.close();
    },
  );
});

describe("Python's client", () => {
  const python = process.env.PYTHON_WITH_HUB ?? "python3";
  const has = spawnSync(python, ["-c", "import huggingface_hub"]).status === 0;

  test.skipIf(!has)(
    "finds our files offline (needs huggingface_hub; PYTHON_WITH_HUB names the interpreter)",
    async () => {
      const files = { ...exactly("config.json", "model.safetensors"), optional: ["missing.json"] };
      const { folder } = await fetched("org/name", { files });
      const script = `
from huggingface_hub import hf_hub_download, snapshot_download, scan_cache_dir, try_to_load_from_cache, _CACHED_NO_EXIST
print(hf_hub_download("org/name", "model.safetensors"))
print(snapshot_download("org/name"))
print(try_to_load_from_cache("org/name", "missing.json") is _CACHED_NO_EXIST)
found = scan_cache_dir()
print(found.size_on_disk, len(found.warnings), [r.refs == {"main"} for repo in found.repos for r in repo.revisions])
`;
      const env = { ...process.env, HF_HUB_OFFLINE: "1", HF_HUB_CACHE: cacheDir };
      const lines = execFileSync(python, ["-c", script], { env, encoding: "utf8" })
        .trim()
        .split("\n");
      expect(lines).toEqual([join(folder, "model.safetensors"), folder, "True", "200002 0 [True]"]);
    },
  );
});

describe("names and folders", () => {
  test("short names lead to hub ids, in upper and lower case", () => {
    expect(hubName("gpt2-small")).toEqual({ id: "gpt2" });
    expect(hubName("Pythia-70M")).toEqual({ id: "EleutherAI/pythia-70m" });
    expect(hubName("tiny-stories-33M")?.id).toBe("roneneldan/TinyStories-33M");
    expect(hubName("nobody-knows")).toBe(null);
  });

  test("the cache is where Python has it", () => {
    expect(hubCacheFolder({ HOME: "/h" })).toBe("/h/.cache/huggingface/hub");
    expect(hubCacheFolder({ HOME: "/h", XDG_CACHE_HOME: "/x" })).toBe("/x/huggingface/hub");
    expect(hubCacheFolder({ HOME: "/h", HF_HOME: "~/hf" })).toBe("/h/hf/hub");
    expect(hubCacheFolder({ HOME: "/h", HF_HUB_CACHE: "$HOME/c", HF_HOME: "/n" })).toBe("/h/c");
    expect(hubCacheFolder({ HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" })).toBe("/old");
  });
});
