/**
 * @file The fake hub and our cache against the real clients. Opt in: INDUCTION_LENS_HF_PYTHON is a Python with
 * huggingface_hub, INDUCTION_LENS_HF_NODE a folder in which `npm install @huggingface/hub` was run.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchFromHub } from "../../../src/models/hub/fetchFromHub.ts";
import { exactly } from "../../../src/models/hub/wantedFiles.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { COMMIT, fakeHub, large, text, type FakeHub } from "./fakeHub.ts";

const python = process.env["INDUCTION_LENS_HF_PYTHON"];
const node = process.env["INDUCTION_LENS_HF_NODE"];
const FILES = [text("config.json", '{"a": 1}'), large("model.safetensors", 200_000)];
const NAMES = FILES.map(({ name }) => name);
const run = promisify(execFile);

let hub: FakeHub;
let folder: string;
beforeEach(async () => {
  hub = await fakeHub(FILES);
  folder = emptyFolder();
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const ours = (offline: boolean) =>
  fetchFromHub("org/name", {
    endpoint: hub.endpoint,
    cacheDir: folder,
    env: {},
    offline,
    files: exactly(...NAMES),
  });

/** Where huggingface_hub puts the files, one a line. */
async function pythonPaths(offline: boolean): Promise<string[]> {
  const code = `import sys\nfrom huggingface_hub import hf_hub_download\nfor name in sys.argv[1:]: print(hf_hub_download("org/name", name))`;
  const env = {
    ...{ PATH: process.env["PATH"], HOME: folder, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: folder },
    ...{
      HF_HUB_OFFLINE: offline ? "1" : "0",
      HF_HUB_DISABLE_XET: "1",
      HF_HUB_DISABLE_TELEMETRY: "1",
    },
  };
  const { stdout } = await run(python!, ["-c", code, ...NAMES], { env });
  return stdout.trim().split("\n");
}

function expectFiles(paths: readonly string[]): void {
  expect(paths.map((path) => new Uint8Array(readFileSync(path)))).toEqual(
    FILES.map(({ bytes }) => bytes),
  );
}

describe.skipIf(!python)("huggingface_hub of Python (INDUCTION_LENS_HF_PYTHON)", () => {
  test(
    "downloads from the fake hub, and ours reads its cache offline",
    { timeout: 120_000 },
    async () => {
      expectFiles(await pythonPaths(false));
      const { folder: at, commit } = await ours(true);
      expect(commit).toBe(COMMIT);
      expectFiles(NAMES.map((name) => join(at, name)));
    },
  );

  test("reads offline the cache that ours wrote", { timeout: 120_000 }, async () => {
    await ours(false);
    expectFiles(await pythonPaths(true));
  });
});

interface NodeClient {
  downloadFileToCacheDir(options: object): Promise<string>;
}

describe.skipIf(!node)("@huggingface/hub of npm (INDUCTION_LENS_HF_NODE)", () => {
  /** Where the client puts the files. */
  async function nodePaths(options: object): Promise<string[]> {
    const entry = createRequire(join(node!, "index.js")).resolve("@huggingface/hub");
    const client = (await import(pathToFileURL(entry).href)) as NodeClient;
    const repo = { type: "model", name: "org/name" };
    const common = { repo, hubUrl: hub.endpoint, cacheDir: folder, xet: false, ...options };
    const paths = [];
    for (const path of NAMES) paths.push(await client.downloadFileToCacheDir({ ...common, path }));
    return paths;
  }

  test(
    "downloads from the fake hub into a cache that ours reads",
    { timeout: 120_000 },
    async () => {
      expectFiles(await nodePaths({}));
      const { folder: at } = await fetchFromHub("org/name", {
        ...{ endpoint: hub.endpoint, cacheDir: folder, env: {}, offline: true },
        ...{ files: exactly(...NAMES), revision: COMMIT },
      });
      expectFiles(NAMES.map((name) => join(at, name)));
    },
  );

  test("reads the cache that ours wrote, without a request", { timeout: 120_000 }, async () => {
    await ours(false);
    const fetch = () => Promise.reject(new Error("asked for more"));
    expectFiles(await nodePaths({ fetch, revision: COMMIT }));
  });
});
