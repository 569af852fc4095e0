/** @file Configurations that name code of their own: refused, unless the user says that the declared architecture holds. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shared, unlessShared } from "../shared.ts";
import { cli, emptyFolder } from "./cli.ts";

const { skip, note } = unlessShared("goldens", "llama");
const QUICK = ["--num-examples", "2", "--seq-len", "8", "--quiet", "--json"];

/** A folder with a model whose configuration names a module of its own. */
function folderWithOwnCode(): string {
  const folder = emptyFolder();
  cpSync(shared("goldens", "llama")!, join(folder, "own"), { recursive: true });
  const path = join(folder, "own", "config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as object;
  const auto_map = { AutoModelForCausalLM: "modeling_own.OwnForCausalLM" };
  writeFileSync(path, JSON.stringify({ ...config, auto_map }));
  return folder;
}

describe.skipIf(skip)(`--trust-architecture${note}`, () => {
  test("is named where a configuration has code of its own, and opens the model", async () => {
    const folder = folderWithOwnCode();
    const refused = await cli(folder, ["score", "own", ...QUICK]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("--trust-architecture"),
    ]);
    const trusted = await cli(folder, ["score", "own", ...QUICK, "--trust-architecture"]);
    expect([trusted.code, trusted.stderr]).toEqual([0, ""]);
    expect(JSON.parse(trusted.stdout)).toMatchObject({ schema: "induction-lens/score@1" });
  });
});

const olmo2 = unlessShared("goldens", "olmo2");
test.skipIf(olmo2.skip)(
  `attribution refuses keys that one norm ties together${olmo2.note}`,
  async () => {
    const model = shared("goldens", "olmo2")!;
    const { code, stderr } = await cli(emptyFolder(), ["patch", model, "--attribution", ...QUICK]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("attribution of paths cannot run")]);
  },
);
