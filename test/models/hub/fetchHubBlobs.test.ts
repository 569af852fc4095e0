import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../../src/browser.ts";
import { parseHubName } from "../../../src/models/modelName.ts";
import { fetchHubBlobs } from "../../../src/models/hub/fetchHubBlobs.ts";
import { COMMIT, fakeHub, text, type FakeFile, type FakeHub, type Misbehave } from "./fakeHub.ts";

const LAST = join(import.meta.dirname, "../../../zoo/attn-2l/checkpoints/step-001500");
const file = (name: string, lfs = false): FakeFile => ({
  name,
  lfs,
  bytes: readFileSync(join(LAST, name)),
});
const WEIGHTS = file("model.safetensors", true);
const FILES = [file("config.json"), WEIGHTS];
const inStore =
  (answer: Misbehave): Misbehave =>
  (request, response, nth) =>
    request.url!.startsWith("/blob/") && answer(request, response, nth);

describe("a model of the hub in a browser", () => {
  let hub: FakeHub;
  beforeAll(async () => {
    hub = await fakeHub(FILES);
  });
  afterAll(() => hub.close());
  const ask = (name = "org/tiny") => fetchHubBlobs(parseHubName(name), { endpoint: hub.endpoint });
  const misbehaving = async (misbehave: Misbehave) => {
    hub.setMisbehave(misbehave);
    try {
      return await ask().catch((error: Error) => error.message);
    } finally {
      hub.setMisbehave(null);
    }
  };

  test("is loaded by its id or a short name, at a commit, with progress in bytes", async () => {
    const steps: string[] = [];
    const progress = (step: string, done: number, total: number) =>
      done === total && steps.push(step);
    const model = await load("pythia-14m", { hub: hub.endpoint, revision: "step1000", progress });
    expect(model).toMatchObject({ id: "pythia-14m", revision: COMMIT });
    expect(model.sha256).toBe(createHash("sha256").update(WEIGHTS.bytes).digest("hex"));
    expect(model.architecture).toMatchObject({ layers: 2, heads: 4 });
    expect(steps).toEqual(
      expect.arrayContaining(["downloading config.json", "downloading model.safetensors"]),
    );
    expect(hub.requests[0]!.path).toContain("/EleutherAI/pythia-14m/revision/step1000");
    expect(hub.requests.every(({ token }) => token === undefined)).toBe(true);
  });

  test("is refused for its size before its weights are asked for", async () => {
    hub.requests.length = 0;
    const checkParameters = (parameters: number) => {
      throw new Error(`too large: ${parameters}`);
    };
    await expect(load("org/tiny", { hub: hub.endpoint, checkParameters })).rejects.toThrow(
      `too large: ${Math.floor(WEIGHTS.bytes.byteLength / 4)}`,
    );
    expect(hub.requests.some(({ path }) => path.endsWith("model.safetensors"))).toBe(false);
  });

  test("in shards counts as large as all of them together", async () => {
    const shard = (name: string) => ({ ...WEIGHTS, name });
    const names = ["model-1-of-2.safetensors", "model-2-of-2.safetensors"];
    const map = { weight_map: Object.fromEntries(names.map((name, at) => [`w${at}`, name])) };
    const index = text("model.safetensors.index.json", JSON.stringify(map));
    const sharded = await fakeHub([FILES[0]!, index, ...names.map(shard)]);
    const counts: number[] = [];
    await fetchHubBlobs(parseHubName("org/tiny"), {
      endpoint: sharded.endpoint,
      checkParameters: (parameters) => void counts.push(parameters),
    });
    expect(counts[0]).toBe(Math.floor((2 * WEIGHTS.bytes.byteLength) / 4));
    await sharded.close();
  });

  test("must be what the hub listed", async () => {
    const flipped = Uint8Array.from(WEIGHTS.bytes);
    flipped[500]! ^= 1;
    const sends = (bytes: Uint8Array) => inStore((_, response) => !!response.end(bytes));
    expect(await misbehaving(sends(flipped))).toMatch("another hash");
    expect(await misbehaving(sends(new Uint8Array([...WEIGHTS.bytes, 0])))).toMatch("is longer");
    expect(await misbehaving(sends(WEIGHTS.bytes.subarray(0, 99)))).toMatch("broke off after 99");
  });

  test.each([
    [404, "the hub has no /api/models/org/tiny"],
    [401, "does not exist or needs an account (401), which a page has none of"],
    [503, "the hub is busy (503)"],
    [302, "the hub answered 302"],
  ])("says what an answer of %d means", async (status, words) => {
    const answered = await misbehaving((_, response) => !!response.writeHead(status).end());
    expect(answered).toContain(words);
  });

  test("says that the hub cannot be reached, what is no name, and what a repository lacks", async () => {
    await expect(
      fetchHubBlobs(parseHubName("org/tiny"), { endpoint: "http://127.0.0.1:9" }),
    ).rejects.toThrow("the hub at http://127.0.0.1:9 cannot be reached from here");
    await expect(ask("../etc/passwd")).rejects.toThrow("a hub id is name or organisation/name");
    hub.listing = (honest) => ({ ...honest, siblings: [] });
    await expect(ask()).rejects.toThrow("has no config.json");
    hub.listing = null;
  });

  test("can be stopped while it comes", async () => {
    hub.setRate(20_000);
    const stop = new AbortController();
    const fetched = fetchHubBlobs(parseHubName("org/tiny"), {
      endpoint: hub.endpoint,
      signal: stop.signal,
      progress: (step, done) => step.endsWith("safetensors") && done > 0 && stop.abort(),
    });
    await expect(fetched).rejects.toMatchObject({ name: "AbortError" });
    hub.setRate(0);
  });
});
