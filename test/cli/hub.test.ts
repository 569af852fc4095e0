/** @file Models by hub name through the command line, from a hub of our own on the loopback address. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMIT, fakeHub, text, type FakeHub } from "../models/hub/fakeHub.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { cli, emptyFolder, pathsIn } from "./cli.ts";

describe("a hub model", () => {
  let hub: FakeHub;
  const tokenizer = {
    model: { type: "BPE", vocab: { a: 0, b: 1, ab: 2, Ġ: 3 }, merges: ["a b"] },
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    added_tokens: [],
  };

  beforeAll(async () => {
    const { mkdtempSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    const folder = mkdtempSync(join(tmpdir(), "induction-lens-hub-"));
    await writeCheckpoint(folder, "model");
    const file = (name: string) => readFileSync(join(folder, "model", name));
    hub = await fakeHub([
      text("config.json", file("config.json").toString()),
      { name: "model.safetensors", bytes: file("model.safetensors"), lfs: true },
      text("tokenizer.json", JSON.stringify(tokenizer)),
    ]);
    rmSync(folder, { recursive: true });
  });
  afterAll(() => hub.close());

  test("is downloaded once, scored, and found offline the second time, with its full commit in the Result", async () => {
    const folder = emptyFolder();
    const environment = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, ".cache", "hf") };
    const score = (...more: string[]) =>
      cli(
        folder,
        ["score", "org/model", "--json", "--out", "a.csv", "--num-examples", "4", ...more],
        environment,
      );
    const first = await score();
    expect(first.stderr).toContain("wrote a.csv");
    expect(first.code).toBe(0);
    const result = JSON.parse(first.stdout) as { model: { id: string; revision: string } };
    expect(result.model).toMatchObject({ id: "org/model", revision: COMMIT });
    const requests = hub.requests.length;
    const again = await score("--offline");
    expect(again.code).toBe(0);
    expect(hub.requests.length).toBe(requests);
    expect(JSON.parse(again.stdout)).toMatchObject({ model: { revision: COMMIT } });
    const list = await cli(folder, ["cache", "list"], environment);
    expect(list.stdout).toContain("org/model");
    const { stdout: json } = await cli(folder, ["cache", "list", "--json"], environment);
    expect(JSON.parse(json)).toMatchObject({
      models: [{ id: "org/model", revisions: [{ commit: COMMIT }] }],
    });
    expect((await cli(folder, ["cache", "verify"], environment)).stdout).toContain(
      "0 not as they should be",
    );
    expect((await cli(folder, ["cache", "remove", "org/model"], environment)).stdout).toContain(
      "removed org/model",
    );
    expect((await cli(folder, ["cache", "list"], environment)).stdout).toContain("0 models");
  });

  test("shows its tokens without its weights", async () => {
    const folder = emptyFolder();
    const environment = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, ".cache", "hf") };
    const { stdout, code } = await cli(folder, ["tokens", "org/model", "ab ba"], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/2 {2}0-2 +"ab"/);
    expect(
      hub.requests.filter(({ path }) => path.includes("safetensors") && path.includes("resolve"))
        .length,
    ).toBeLessThanOrEqual(1);
  });

  test("that is neither on the disk nor on the hub exits 2, says both, and writes nothing", async () => {
    const folder = emptyFolder();
    const environment = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, ".cache", "hf") };
    const { stderr, code } = await cli(
      folder,
      ["score", "org/model", "--revision", "nowhere"],
      environment,
    );
    expect(stderr).toContain("there is no file or folder org/model, and as a hub model:");
    expect(code).toBe(2);
    const offline = await cli(folder, ["score", "org/other", "--offline"], environment);
    expect(offline.code).toBe(2);
    expect(pathsIn(folder)).toEqual([]);
  });

  test("is not what a path is taken for", async () => {
    const folder = emptyFolder();
    for (const name of ["./org/model", "/org/model", "model.gguf", "ckpt.pt"]) {
      const { stderr, code } = await cli(folder, ["score", name], { HF_ENDPOINT: hub.endpoint });
      expect(stderr).toContain(`there is no file or folder ${name}`);
      expect(code).toBe(2);
    }
  });
});
