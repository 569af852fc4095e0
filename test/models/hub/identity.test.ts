/** @file Which model a name means, and what is said where it means none. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UnableError } from "../../../src/base/errors.ts";
import { fetchFromHub } from "../../../src/models/hub/fetchFromHub.ts";
import { modelFiles } from "../../../src/models/modelFiles.ts";
import { nearNames } from "../../../src/models/nearNames.ts";
import { openModel } from "../../../src/models/open.ts";
import { openTokenizer } from "../../../src/models/openTokenizer.ts";
import { writeCheckpoint } from "../../cli/checkpoint.ts";
import { cli, emptyFolder } from "../../cli/cli.ts";

let folder: string;
beforeEach(() => (folder = emptyFolder()));
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

describe("a revision", () => {
  test("is refused where there is none: paths, planted models, the zoo", async () => {
    await writeCheckpoint(folder, "model");
    const path = join(folder, "model");
    const revision = "main";
    for (const open of [openModel, modelFiles, openTokenizer]) {
      await expect(open(path, { revision })).rejects.toThrow(
        `\`revision\` is for hub models, ${path} is a path`,
      );
      await expect(open("planted:induction", { revision })).rejects.toThrow(
        "planted:induction is a model of this package",
      );
      await expect(open("zoo:attn-2l", { revision })).rejects.toThrow(
        "zoo:attn-2l is a model of this package (its steps are zoo:NAME@STEP)",
      );
    }
  });
});

describe("a name that means nothing", () => {
  test("lists folders that are near before anything of the hub", async () => {
    for (const name of ["my-model", "my-modal", "other"]) mkdirSync(join(folder, name));
    const typed = join(folder, "my-modl");
    expect(await nearNames(typed)).toEqual([join(folder, "my-modal"), join(folder, "my-model")]);
    await expect(openModel(typed)).rejects.toThrow(
      `there is no file or folder ${typed} (near it: ${join(folder, "my-modal")}, ${join(folder, "my-model")})`,
    );
    mkdirSync(join(folder, "runs"));
    expect(await nearNames(join(folder, "rnus", "last"))).toEqual([join(folder, "runs")]);
    expect(await nearNames(join(folder, "nothing-like-it"))).toEqual([]);
  });

  test("is tried once where no name can be resolved, and says why", async () => {
    let requests = 0;
    vi.stubGlobal("fetch", () => {
      requests++;
      const cause = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
      return Promise.reject(new TypeError("fetch failed", { cause }));
    });
    const options = { endpoint: "https://hub.invalid", cacheDir: folder, env: {} };
    const error = await fetchFromHub("org/name", options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnableError);
    expect((error as Error).message).toBe(
      "the name hub.invalid cannot be resolved (ENOTFOUND): there is no network, or a proxy is needed (HTTPS_PROXY)",
    );
    expect(requests).toBe(1);
  });
});

describe("the folder of a run", () => {
  test.each(["checkpoint-", "checkpoints/step-0000"])(
    "is its last checkpoint: %s",
    async (lead) => {
      for (const step of ["5", "20", "9"]) await writeCheckpoint(folder, `${lead}${step}`);
      mkdirSync(join(folder, `${lead}99`)); // begun, and nothing in it
      const last = join(folder, `${lead}20`);
      const notices: string[] = [];
      const model = await openModel(folder, { notice: (text) => notices.push(text) });
      expect(model.id).toBe(last);
      expect(notices).toEqual([`${folder} is the folder of a run: its last checkpoint is ${last}`]);
      await model.close();
      expect((await modelFiles(folder)).map(({ path }) => path)).toContain(
        join(last, "config.json"),
      );
    },
  );
});

test("cache verify of nothing says that there is nothing", async () => {
  const environment = { HF_HOME: join(folder, "hf") };
  const { code, stderr } = await cli(folder, ["cache", "verify"], environment);
  expect([code, stderr]).toEqual([2, expect.stringContaining("hub has no models to verify")]);
  mkdirSync(join(folder, "hf", "hub", "models--a--b", "blobs"), { recursive: true });
  writeFileSync(join(folder, "hf", "hub", "models--a--b", "blobs", "x"), "");
  const verifying = await cli(folder, ["cache", "verify", "org/none"], environment);
  expect(verifying.stderr).toContain("has no model org/none to verify");
});
