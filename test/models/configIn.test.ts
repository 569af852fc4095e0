import { describe, expect, test } from "vitest";
import { InputError } from "../../src/base/errors.ts";
import { configIn } from "../../src/models/config/configIn.ts";
import { openFolder } from "../../src/models/folder.ts";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

describe("a configuration that cannot be used", () => {
  test("is named by its path, or by the file that has its settings under other names", () => {
    const error = new InputError("config", "config.json of llama cannot be used: x");
    expect((configIn(error, "a/config.json") as Error).message).toBe(
      "a/config.json of llama cannot be used: x",
    );
    expect((configIn(error, "b.gguf") as Error).message).toBe(
      "b.gguf, read as a configuration of llama cannot be used: x",
    );
    const keys = new Map([["num_hidden_layers", "llama.block_count"]]);
    const cause = new InputError(
      "config",
      "config.json of llama cannot be used: num_hidden_layers needs 1",
    );
    expect((configIn(cause, "b.gguf", keys) as Error).message).toBe(
      "b.gguf, read as a configuration of llama cannot be used: llama.block_count needs 1",
    );
    const part = new InputError("config", "hidden_size 33 cannot be divided among 4 heads");
    const own = new Map([["hidden_size", "llama.embedding_length"]]);
    expect((configIn(part, "a/b.gguf", own) as Error).message).toBe(
      "a/b.gguf: llama.embedding_length 33 cannot be divided among 4 heads",
    );
    const both = new InputError("config", "config.json gives both a and b");
    expect((configIn(both, "a/config.json") as Error).message).toBe(
      "a/config.json gives both a and b",
    );
    const whole = new InputError("config", "a/b.gguf: x is 1, which is not supported");
    expect(configIn(whole, "a/b.gguf")).toBe(whole);
    const other = new InputError("weights", "q is missing");
    expect(configIn(other, "b.gguf")).toBe(other);
  });

  test("in a folder says which folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "own");
    cpSync("zoo/llama-gqa/checkpoints/step-001500", path, { recursive: true });
    writeFileSync(join(path, "config.json"), '{"model_type": "llama", "hidden_size": "x"}');
    await expect(openFolder(path, "m")).rejects.toThrow(
      `${join(path, "config.json")} of llama cannot be used: `,
    );
  });

  test("may begin with the mark of the byte order and have the line ends of Windows", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync("zoo/llama-gqa/checkpoints/step-001500", folder, { recursive: true });
    const config = readFileSync(join(folder, "config.json"), "utf8");
    writeFileSync(join(folder, "config.json"), `\ufeff${config.replaceAll("\n", "\r\n")}`);
    const { architecture } = await openFolder(folder, "m");
    expect(architecture.modelType).toBe("llama");
  });
});
