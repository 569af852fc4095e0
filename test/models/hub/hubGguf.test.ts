/** @file Repositories of the hub that hold GGUF files: which one is meant, how one is named, what is opened. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chosenGguf, modelFilesIn } from "../../../src/models/hub/hubGguf.ts";
import { parseHubName } from "../../../src/models/modelName.ts";
import { fetchHubBlobs } from "../../../src/models/hub/fetchHubBlobs.ts";
import { MODEL_FILES } from "../../../src/models/hub/wantedFiles.ts";
import { modelFiles } from "../../../src/models/modelFiles.ts";
import { openModel } from "../../../src/models/open.ts";
import { emptyFolder } from "../../cli/cli.ts";
import { fakeHub, text, type FakeFile, type FakeHub } from "./fakeHub.ts";

const BYTES = new Uint8Array(
  readFileSync(join(import.meta.dirname, "../../fixtures/gguf/models/llama.gguf")),
);
const gguf = (name: string): FakeFile => ({ name, bytes: BYTES, lfs: true });

describe("chosenGguf(typed) takes a choice apart", () => {
  test.for([
    ["org/name:Q4_K_M", "org/name", "Q4_K_M"],
    ["org/name:a/b-00001-of-00002.gguf", "org/name", "a/b-00001-of-00002.gguf"],
    ["org/name", "org/name", null],
    ["zoo:attn-2l", "zoo:attn-2l", null],
    ["C:/models/x.gguf", "C:/models/x.gguf", null],
  ] as const)("%s", ([typed, name, choice]) => {
    expect(chosenGguf(typed)).toEqual({ name, gguf: choice });
  });
});

describe("modelFilesIn(names, id, gguf)", () => {
  const MANY = ["README.md", "x-Q4_K_M.gguf", "x-Q8_0.gguf", "mmproj-x-f16.gguf"];
  const SPLIT = ["x-F16-00001-of-00002.gguf", "x-F16-00002-of-00002.gguf"];
  const required = (names: readonly string[], choice: string | null = null) =>
    modelFilesIn(names, "org/name", choice).required;

  test("takes configuration and weights where there are some, or nothing else", () => {
    const weights = ["config.json", "model.safetensors"];
    expect(modelFilesIn([...weights, ...MANY], "org/name", null)).toBe(MODEL_FILES);
    expect(modelFilesIn(["config.json"], "org/name", null)).toBe(MODEL_FILES);
  });

  test("takes the only GGUF, in all its parts, and nothing that sees", () => {
    expect(required(["config.json", "x.gguf", "mmproj-x.gguf"])).toEqual(["x.gguf"]);
    expect(required(SPLIT)).toEqual(SPLIT);
  });

  test("takes the one that is named, whole or by how it is quantised", () => {
    expect(required(MANY, "q8_0")).toEqual(["x-Q8_0.gguf"]);
    expect(required(MANY, "x-Q4_K_M.gguf")).toEqual(["x-Q4_K_M.gguf"]);
    expect(required([...MANY, ...SPLIT], "F16")).toEqual(SPLIT);
  });

  test("names the files and the way on where there are several, or none of the name", () => {
    const list = "(x-Q4_K_M.gguf, x-Q8_0.gguf): name one of them, as org/name:x-Q4_K_M.gguf";
    expect(() => required(MANY)).toThrow(`org/name has no weights but GGUF files ${list}`);
    expect(() => required(MANY, "Q2_K")).toThrow(
      `Q2_K is not one of the GGUF files of org/name ${list}`,
    );
    expect(() => required(["a-Q4_0.gguf", "b-Q4_0.gguf"], "Q4_0")).toThrow(
      "Q4_0 is the end of several of the GGUF files of org/name (a-Q4_0.gguf, b-Q4_0.gguf): name one of them",
    );
    expect(() => required(["config.json"], "Q2_K")).toThrow("org/name has no GGUF file");
  });
});

describe("a repository of GGUF files", () => {
  let hub: FakeHub;
  let folder: string;
  const served = async (...files: FakeFile[]) => {
    hub = await fakeHub([text("README.md", "x"), ...files]);
    vi.stubEnv("HF_ENDPOINT", hub.endpoint);
    vi.stubEnv("HF_HUB_CACHE", folder);
  };
  beforeEach(() => (folder = emptyFolder()));
  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const layersOf = async (name: string, offline = false) => {
    const model = await openModel(name, { cache: false, offline });
    await model.close();
    return [model.architecture.family, model.id];
  };

  test("opens as its only file, and offline afterwards", async () => {
    await served(gguf("one.gguf"), text("config.json", "{}"));
    expect(await layersOf("org/name")).toEqual(["llama", "org/name"]);
    expect(await layersOf("org/name", true)).toEqual(["llama", "org/name"]);
    expect((await modelFiles("org/name")).map(({ name }) => name)).toEqual(["one.gguf"]);
  });

  test("opens as the file that is named; without a name the files are listed", async () => {
    await served(gguf("x-Q4_K_M.gguf"), gguf("x-Q8_0.gguf"));
    await expect(openModel("org/name")).rejects.toThrow(
      /has no weights but GGUF files \(x-Q4_K_M\.gguf, x-Q8_0\.gguf\).*as org\/name:x-Q4_K_M\.gguf/,
    );
    expect(await layersOf("org/name:Q8_0")).toEqual(["llama", "org/name:Q8_0"]);
    expect(await layersOf("org/name:Q8_0", true)).toEqual(["llama", "org/name:Q8_0"]);
    expect(hub.requests.filter(({ path }) => path.includes("Q4_K_M"))).toEqual([]);
  });

  test("gives browsers the file as a blob", async () => {
    await served(gguf("one.gguf"));
    const { files } = await fetchHubBlobs(parseHubName("org/name"), { endpoint: hub.endpoint });
    expect(files.map(({ name, blob }) => [name, blob.size])).toEqual([["one.gguf", BYTES.length]]);
  });
});
