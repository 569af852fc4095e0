import { describe, expect, test } from "vitest";
import { cardResult } from "../../src/studies/info/result.ts";
import { cli, emptyFolder } from "./cli.ts";

describe("info", () => {
  test("prints a name and a value to a line, or the card as JSON", async () => {
    const folder = emptyFolder();
    const text = await cli(folder, ["info", "zoo:attn-2l"]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toMatch(/^layers +2$/m);
    expect(text.stdout).toMatch(/^parameters +41,920$/m);
    const { stdout } = await cli(folder, ["info", "zoo:attn-2l", "--json"]);
    const card = cardResult.parse(JSON.parse(stdout));
    expect(card.parameters.total).toBe(41_920);
  });

  test("takes the unembedding that is asked for, and refuses one that is neither, and no model", async () => {
    const folder = emptyFolder();
    const missing = await cli(folder, ["info", "./nothing-here"]);
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toContain("there is no file or folder ./nothing-here");
    const tied = await cli(folder, ["info", "zoo:attn-2l", "--unembedding", "tied", "--json"]);
    const own = await cli(folder, ["info", "zoo:attn-2l", "--json"]);
    const heads = [own, tied].map(({ stdout }) => cardResult.parse(JSON.parse(stdout)).unembedding);
    expect(heads).toEqual(["own", "tied"]);
    const choice = await cli(folder, ["info", "zoo:attn-2l", "--unembedding", "both"]);
    expect(choice.code).toBe(2);
    expect(choice.stderr).toContain("file, tied");
  });
});
